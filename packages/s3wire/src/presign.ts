import type { Credentials } from './credentials.ts';
import { amzDate } from './dates.ts';
import { canonicalQuery, type EncodedParameter, uriEncode } from './encode.ts';
import {
  ALGORITHM,
  canonicalRequest,
  hmacHex,
  scopeText,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './signing.ts';

/** SigV4's longest life of a link, in seconds: seven days. */
export const MAX_EXPIRES_IN = 604_800;

export type PresignRequest = {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The object's key; '' for the bucket itself. */
  key: string;
  /** Further query parameters, such as `partNumber` and `uploadId`; they are signed. */
  query?: Readonly<Record<string, string>>;
  /** Seconds, 1 to 604800. */
  expiresIn: number;
  /** Headers that the link's user must send as given; `host` is always signed. */
  headers?: Readonly<Record<string, string>>;
};

export type Presigner = {
  /** The link. Throws RangeError where `expiresIn` is out of range. */
  presign(request: PresignRequest): string;
};

/**
 * Makes links to one bucket that work without credentials until they expire.
 * The body of a request is never part of the signature (UNSIGNED-PAYLOAD).
 */
export function createPresigner(options: {
  credentials: Credentials;
  region: string;
  /** Scheme, host and, where it is not the scheme's own, port; perhaps a base path. */
  endpoint: string;
  bucket: string;
  /** True for `endpoint/bucket/key`, false for `bucket.endpoint/key`. */
  pathStyle: boolean;
  now?: () => Date;
}): Presigner {
  const { credentials, region, bucket, pathStyle, now = () => new Date() } = options;
  const endpoint = new URL(options.endpoint);
  const host = pathStyle ? endpoint.host : `${bucket}.${endpoint.host}`;
  const base = endpoint.pathname.replace(/\/$/, '') + (pathStyle ? `/${bucket}` : '');
  const origin = `${endpoint.protocol}//${host}`;

  return {
    presign({ method, key, query = {}, expiresIn, headers = {} }) {
      if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_EXPIRES_IN)
        throw new RangeError(`expiresIn must be 1 to ${MAX_EXPIRES_IN} seconds; got ${expiresIn}.`);
      const timestamp = amzDate(now());
      const scope = { day: timestamp.slice(0, 8), region, service: 's3' };
      const allHeaders: Record<string, string> = { host };
      for (const [name, value] of Object.entries(headers)) allHeaders[name.toLowerCase()] = value;
      const signedHeaders = Object.keys(allHeaders).sort();

      const parameters: Record<string, string> = {
        ...query,
        'X-Amz-Algorithm': ALGORITHM,
        'X-Amz-Credential': `${credentials.accessKeyId}/${scopeText(scope)}`,
        'X-Amz-Date': timestamp,
        'X-Amz-Expires': String(expiresIn),
        'X-Amz-SignedHeaders': signedHeaders.join(';'),
      };
      if (credentials.sessionToken !== undefined) parameters['X-Amz-Security-Token'] = credentials.sessionToken;
      const encoded = Object.entries(parameters).map(
        ([name, value]): EncodedParameter => [uriEncode(name, { slash: true }), uriEncode(value, { slash: true })],
      );
      const path = `${base}/${uriEncode(key, { slash: false })}`;
      const canonical = canonicalRequest({
        method,
        path,
        query: canonicalQuery(encoded),
        headers: allHeaders,
        signedHeaders,
        payloadHash: UNSIGNED_PAYLOAD,
      });
      const signature = hmacHex(
        signingKey(credentials.secretAccessKey, scope),
        stringToSign(timestamp, scope, canonical),
      );
      return `${origin}${path}?${canonicalQuery([...encoded, ['X-Amz-Signature', signature]])}`;
    },
  };
}
