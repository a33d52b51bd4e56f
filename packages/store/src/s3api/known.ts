import { CHECKSUM_ALGORITHMS, checksumHeader, S3Error, type S3ErrorCode } from '@darkslide/s3wire';
import type { S3Request } from './request.ts';

/** What an operation understands. Everything else is refused, so that nothing is half done. */
export type Known = {
  /** Query parameters. */
  query?: readonly string[];
  /** Headers: of `x-amz-`, and, where something is written, conditions (`if-`). */
  headers?: readonly string[];
  /** Whether it takes `x-amz-meta-` headers. */
  metadata?: boolean;
};

/** What comes with a body: its framing and its checksum. */
export const BODY_HEADERS: readonly string[] = [
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  ...CHECKSUM_ALGORITHMS.map(checksumHeader),
];

/** What belongs to an object that is made. */
export const OBJECT_HEADERS: readonly string[] = ['x-amz-acl', 'x-amz-storage-class'];

export const WRITE_CONDITIONS: readonly string[] = ['if-match', 'if-none-match'];

/** Which object a copy takes, on which conditions. */
export const COPY_SOURCE_HEADERS: readonly string[] = [
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
  'x-amz-source-expected-bucket-owner',
];

/** Of the signature and the sender. Amazon's SDKs name the call in `x-id`. */
const KNOWN_EVERYWHERE: Required<Omit<Known, 'metadata'>> = {
  query: ['x-id'],
  headers: [
    'x-amz-content-sha256',
    'x-amz-date',
    'x-amz-expected-bucket-owner',
    'x-amz-request-payer',
    // Sent with credentials of a session. The store has no sessions: its own keys alone decide.
    'x-amz-security-token',
    'x-amz-user-agent',
  ],
};

/** Headers that may only say what holds anyway. */
const ONLY: Record<string, { values: readonly string[]; code: S3ErrorCode }> = {
  'x-amz-acl': { values: ['private', 'bucket-owner-full-control'], code: 'AccessControlListNotSupported' },
  'x-amz-storage-class': { values: ['STANDARD'], code: 'InvalidStorageClass' },
  'x-amz-bucket-object-lock-enabled': { values: ['false'], code: 'NotImplemented' },
  'x-amz-object-ownership': { values: ['BucketOwnerEnforced'], code: 'NotImplemented' },
};

/** Parameters that carry a signature, of version 4 or 2, in lower case. They are not part of what is asked for. */
const SIGNATURE_PARAMETERS: readonly string[] = [
  ...['x-amz-algorithm', 'x-amz-content-sha256', 'x-amz-credential', 'x-amz-date', 'x-amz-expires'],
  ...['x-amz-signature', 'x-amz-signedheaders', 'awsaccesskeyid', 'expires', 'signature'],
];

const isSignatureParameter = (name: string) => SIGNATURE_PARAMETERS.includes(name.toLowerCase());

/** Whether the parameter stands for a header: signers of links move `x-amz-` headers into the query. */
export const isHeaderParameter = (name: string) => /^x-amz-/i.test(name) && !isSignatureParameter(name);

/** S3 ignores parameters that begin with `x-`: they are the sender's own notes. */
const isNote = (name: string) => /^x-(?!amz-)/i.test(name);

/** @throws {S3Error} NotImplemented, AccessControlListNotSupported, InvalidStorageClass */
export function refuseUnknown(request: Pick<S3Request, 'query' | 'headers'>, known: Known, writes: boolean): void {
  const parameters = new Set([...KNOWN_EVERYWHERE.query, ...(known.query ?? [])]);
  for (const name of request.query.keys()) {
    if (parameters.has(name) || isHeaderParameter(name) || isSignatureParameter(name) || isNote(name)) continue;
    throw new S3Error('NotImplemented', {
      message: 'A query parameter you provided implies functionality that is not implemented.',
      details: { Parameter: name },
    });
  }
  const headers = new Set([...KNOWN_EVERYWHERE.headers, ...(known.headers ?? [])]);
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith('x-amz-') && !(writes && name.startsWith('if-'))) continue;
    if (known.metadata && name.startsWith('x-amz-meta-')) continue;
    if (!headers.has(name)) throw new S3Error('NotImplemented', { details: { Header: name } });
    const only = ONLY[name];
    if (only === undefined || only.values.some((one) => one.toLowerCase() === String(value).toLowerCase())) continue;
    throw new S3Error(only.code, { details: { Header: name } });
  }
}
