import { amzDate, parseAmzDate } from './dates.ts';
import type { EncodedParameter } from './encode.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import { MAX_EXPIRES_IN } from './presign.ts';
import { ALGORITHM, type RequestHeaders, type Scope } from './signing.ts';

/** What a request says of its own signature, well-formed and of the right time and scope, but not yet proven. */
export type Authorization = {
  accessKeyId: string;
  scope: Scope;
  signedAt: Date;
  signedHeaders: readonly string[];
  /** 64 hex digits. */
  signature: string;
  presigned: boolean;
};

type Setting = { region: string; now: Date };

/** S3's tolerance between the signer's clock and ours. */
const MAX_SKEW_MS = 15 * 60 * 1000;

const SIGNATURE = /^[0-9a-f]{64}$/;

export function readHeaderAuthorization(headers: RequestHeaders, setting: Setting): Authorization {
  const fields = parseAuthorizationHeader(single(headers.authorization, 'authorization'));
  const signedAt = readRequestDate(headers);
  const { accessKeyId, scope } = parseCredential(fields.credential, signedAt, setting, {
    code: 'AuthorizationHeaderMalformed',
    prefix: 'The authorization header is malformed; ',
  });
  const skew = Math.abs(setting.now.getTime() - signedAt.getTime());
  if (skew > MAX_SKEW_MS) throw tooSkewed(signedAt, setting.now);
  return {
    accessKeyId,
    scope,
    signedAt,
    signedHeaders: parseSignedHeaders(fields.signedHeaders, 'AuthorizationHeaderMalformed'),
    signature: fields.signature,
    presigned: false,
  };
}

function single(value: string | readonly string[] | undefined, name: string): string {
  if (typeof value === 'string') return value;
  const [first, ...rest] = value ?? [];
  if (first === undefined || rest.length > 0)
    throw new S3Error('InvalidArgument', { message: `The ${name} header must be sent exactly once.` });
  return first;
}

function parseAuthorizationHeader(header: string) {
  if (!header.startsWith(`${ALGORITHM} `))
    throw new S3Error('InvalidRequest', {
      message: `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    });
  const fields = new Map<string, string>();
  for (const field of header.slice(ALGORITHM.length).split(',')) {
    const equals = field.indexOf('=');
    const name = field.slice(0, equals).trim();
    if (equals < 0 || fields.has(name)) throw new S3Error('AuthorizationHeaderMalformed');
    fields.set(name, field.slice(equals + 1).trim());
  }
  const required = (name: string) => {
    const value = fields.get(name);
    if (value === undefined)
      throw new S3Error('AuthorizationHeaderMalformed', {
        message: `The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.`,
      });
    return value;
  };
  const signature = required('Signature');
  if (!SIGNATURE.test(signature)) throw new S3Error('SignatureDoesNotMatch');
  return { credential: required('Credential'), signedHeaders: required('SignedHeaders'), signature };
}

/** `x-amz-date`, or else `Date`, which may also be an HTTP date. */
function readRequestDate(headers: RequestHeaders): Date {
  const amz = headers['x-amz-date'];
  const text = amz !== undefined ? single(amz, 'x-amz-date') : single(headers.date ?? '', 'date');
  const date = parseAmzDate(text) ?? (amz === undefined ? parseHttpDate(text) : undefined);
  if (date === undefined)
    throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' });
  return date;
}

function parseHttpDate(text: string): Date | undefined {
  if (!/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function readQueryAuthorization(encoded: readonly EncodedParameter[], setting: Setting): Authorization {
  const parameters = new Map<string, string>();
  for (const [name, value] of encoded) {
    if (!name.startsWith('X-Amz-')) continue;
    if (parameters.has(name)) throw queryError(`The ${name} query parameter stands more than once.`);
    parameters.set(name, decodeParameter(value));
  }
  const required = (name: string) => {
    const value = parameters.get(name);
    if (value === undefined) throw new S3Error('AuthorizationQueryParametersError');
    return value;
  };
  const algorithm = required('X-Amz-Algorithm');
  const credential = required('X-Amz-Credential');
  const signature = required('X-Amz-Signature');
  const date = required('X-Amz-Date');
  const signedHeaders = required('X-Amz-SignedHeaders');
  const expiresIn = parseExpires(required('X-Amz-Expires'));
  if (algorithm !== ALGORITHM) throw queryError(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined) throw queryError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  const { accessKeyId, scope } = parseCredential(credential, signedAt, setting, {
    code: 'AuthorizationQueryParametersError',
    prefix: 'Error parsing the X-Amz-Credential parameter; ',
  });
  if (!SIGNATURE.test(signature)) throw new S3Error('SignatureDoesNotMatch');
  checkLifetime(signedAt, expiresIn, setting.now);
  return {
    accessKeyId,
    scope,
    signedAt,
    signedHeaders: parseSignedHeaders(signedHeaders, 'AuthorizationQueryParametersError'),
    signature,
    presigned: true,
  };
}

const queryError = (message: string) => new S3Error('AuthorizationQueryParametersError', { message });

/** Values are compared with ASCII words; what is not UTF-8 matches none of them. */
const decodeParameter = (value: string) =>
  value.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function parseExpires(text: string): number {
  if (!/^-?\d+$/.test(text)) throw queryError('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds < 1) throw queryError('X-Amz-Expires must be positive');
  if (seconds > MAX_EXPIRES_IN)
    throw queryError(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_IN} seconds`,
    );
  return seconds;
}

function checkLifetime(signedAt: Date, expiresIn: number, now: Date): void {
  const expires = new Date(signedAt.getTime() + expiresIn * 1000);
  if (now > expires)
    throw new S3Error('AccessDenied', {
      message: 'Request has expired',
      details: { 'X-Amz-Expires': String(expiresIn), Expires: isoSeconds(expires), ServerTime: isoSeconds(now) },
    });
  if (signedAt.getTime() - now.getTime() > MAX_SKEW_MS)
    throw new S3Error('AccessDenied', {
      message: 'Request is not yet valid',
      details: { RequestTime: isoSeconds(signedAt), ServerTime: isoSeconds(now) },
    });
}

function parseCredential(
  credential: string,
  signedAt: Date,
  setting: Setting,
  malformed: { code: S3ErrorCode; prefix: string },
): { accessKeyId: string; scope: Scope } {
  const refuse = (problem: string, details?: Record<string, string>) =>
    new S3Error(malformed.code, { message: malformed.prefix + problem, ...(details && { details }) });

  const [, accessKeyId, day, region, service, terminator] =
    /^(.+)\/([^/]*)\/([^/]*)\/([^/]*)\/([^/]*)$/.exec(credential) ?? [];
  if (!accessKeyId || !day || region === undefined)
    throw refuse(`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`);
  if (terminator !== 'aws4_request') throw refuse('incorrect terminal. This endpoint uses "aws4_request".');
  if (service !== 's3') throw refuse('incorrect service. This endpoint belongs to "s3".');
  if (region !== setting.region)
    throw refuse(`the region '${region}' is wrong; expecting '${setting.region}'`, { Region: setting.region });
  if (day !== amzDate(signedAt).slice(0, 8)) throw refuse("incorrect date. It must be the day of the request's date.");
  return { accessKeyId, scope: { day, region, service } };
}

function parseSignedHeaders(text: string, code: S3ErrorCode): string[] {
  const names = text.split(';');
  if (!names.every((name) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) || new Set(names).size !== names.length)
    throw new S3Error(code, { message: 'SignedHeaders must be lower-case header names, each once.' });
  if (!names.includes('host'))
    throw new S3Error('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      details: { HeadersNotSigned: 'host' },
    });
  return names;
}

function tooSkewed(signedAt: Date, now: Date): S3Error {
  return new S3Error('RequestTimeTooSkewed', {
    details: {
      RequestTime: amzDate(signedAt),
      ServerTime: isoSeconds(now),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    },
  });
}

const isoSeconds = (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z');
