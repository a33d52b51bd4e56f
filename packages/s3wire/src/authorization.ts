import { amzDate, isoSeconds, parseAmzDate, parseHttpDate } from './dates.ts';
import { decodeLatin1, type EncodedParameter } from './encode.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import { MAX_EXPIRES_IN_SECONDS } from './presign.ts';
import { ALGORITHM, type RequestHeaders, type Scope } from './signing.ts';

/** What a request says of its own signature: well-formed, of the right time and scope, not yet proven. */
export type Authorization = {
  accessKeyId: string;
  scope: Scope;
  /** The signing time, as `20130524T000000Z`. */
  timestamp: string;
  signedHeaders: readonly string[];
  signature: string;
  presigned: boolean;
};

type Setting = { region: string; now: Date };

/** S3's tolerance between the signer's clock and ours. */
const MAX_SKEW_MS = 15 * 60 * 1000;

/** Where a request carries its signature. `link-v2` is AWS's old way to sign a link. */
export type Mechanism = 'header' | 'link' | 'link-v2';

/** The one way in which a request is signed. @throws {S3Error} where it is not signed, or in several ways. */
export function mechanismOf(headers: RequestHeaders, parameters: readonly EncodedParameter[]): Mechanism {
  const names = new Set(parameters.map(([name]) => name));
  const found: Mechanism[] = [];
  if (headers.authorization !== undefined) found.push('header');
  if (names.has('X-Amz-Algorithm') || names.has('X-Amz-Signature') || names.has('X-Amz-Credential')) found.push('link');
  if (names.has('Signature') && names.has('AWSAccessKeyId')) found.push('link-v2');
  const [mechanism, ...further] = found;
  if (further.length > 0) {
    throw new S3Error('InvalidArgument', {
      message:
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
      details: { ArgumentName: 'Authorization' },
    });
  }
  if (mechanism === undefined) throw new S3Error('AccessDenied');
  return mechanism;
}

const unsupportedMechanism = () =>
  new S3Error('InvalidRequest', {
    message: `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  });

export function readHeaderAuthorization(headers: RequestHeaders, setting: Setting): Authorization {
  const fields = parseAuthorizationHeader(single(headers.authorization, 'authorization'));
  const timestamp = readRequestDate(headers, setting.now);
  const prefix = 'The authorization header is malformed; ';
  const refuse: Refuse = (problem, details = {}) =>
    new S3Error('AuthorizationHeaderMalformed', { message: prefix + problem, details });

  const { accessKeyId, scope } = parseCredential(fields.credential, setting.region, refuse);
  if (scope.day !== timestamp.slice(0, 8)) throw refuse('Invalid credential date. Date is not the same as X-Amz-Date.');
  return {
    accessKeyId,
    scope,
    timestamp,
    signedHeaders: parseSignedHeaders(fields.signedHeaders, 'AuthorizationHeaderMalformed'),
    signature: fields.signature,
    presigned: false,
  };
}

/** The header's one value; '' where it is absent. */
function single(value: string | readonly string[] | undefined, name: string): string {
  if (value === undefined || typeof value === 'string') return value ?? '';
  const [first = '', ...rest] = value;
  if (rest.length > 0) {
    throw new S3Error('InvalidArgument', { message: `The ${name} header must not be sent more than once.` });
  }
  return first;
}

function parseAuthorizationHeader(header: string) {
  if (!header.startsWith(`${ALGORITHM} `)) throw unsupportedMechanism();
  const fields = new Map<string, string>();
  for (const field of header.slice(ALGORITHM.length).split(',')) {
    const [name = '', ...value] = field.trim().split('=');
    fields.set(name, value.join('='));
  }
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');
  if (fields.size !== 3 || credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw new S3Error('AuthorizationHeaderMalformed', {
      message:
        'The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    });
  }
  return { credential, signedHeaders, signature };
}

/** From `x-amz-date`, or else `Date`, which may also be an HTTP date. */
function readRequestDate(headers: RequestHeaders, now: Date): string {
  const amz = headers['x-amz-date'];
  const text = amz === undefined ? single(headers.date, 'date') : single(amz, 'x-amz-date');
  const date = parseAmzDate(text) ?? (amz === undefined ? parseHttpDate(text) : undefined);
  if (date === undefined) {
    throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' });
  }
  if (Math.abs(now.getTime() - date.getTime()) > MAX_SKEW_MS) {
    throw new S3Error('RequestTimeTooSkewed', {
      details: {
        RequestTime: text,
        ServerTime: isoSeconds(now),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    });
  }
  return amzDate(date);
}

export function readQueryAuthorization(encoded: readonly EncodedParameter[], setting: Setting): Authorization {
  const parameters = new Map<string, string>();
  for (const [name, value] of encoded) {
    if (!name.startsWith('X-Amz-')) continue;
    if (parameters.has(name)) throw queryError(`${name} must not be given more than once`);
    parameters.set(name, decodeLatin1(value));
  }
  const required = (name: string) => {
    const value = parameters.get(name);
    if (value === undefined) throw new S3Error('AuthorizationQueryParametersError');
    return value;
  };
  const algorithm = required('X-Amz-Algorithm');
  const credential = required('X-Amz-Credential');
  const signature = required('X-Amz-Signature');
  const timestamp = required('X-Amz-Date');
  const signedHeaders = required('X-Amz-SignedHeaders');
  const expires = required('X-Amz-Expires');

  if (algorithm !== ALGORITHM) throw queryError(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  checkLifetime(timestamp, parseExpires(expires), setting.now);
  const refuse: Refuse = (problem, details = {}) =>
    queryError(`Error parsing the X-Amz-Credential parameter; ${problem}`, details);
  const { accessKeyId, scope } = parseCredential(credential, setting.region, refuse);
  if (scope.day !== timestamp.slice(0, 8)) {
    throw queryError(
      `Invalid credential date "${scope.day}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  }
  return {
    accessKeyId,
    scope,
    timestamp,
    signedHeaders: parseSignedHeaders(signedHeaders, 'AuthorizationQueryParametersError'),
    signature,
    presigned: true,
  };
}

const queryError = (message: string, details = {}) =>
  new S3Error('AuthorizationQueryParametersError', { message, details });

/** Seconds. */
function parseExpires(text: string): number {
  if (!/^-?\d+$/.test(text)) throw queryError('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds < 0) throw queryError('X-Amz-Expires must be non-negative');
  if (seconds === 0) throw queryError('X-Amz-Expires must be at least 1');
  if (seconds > MAX_EXPIRES_IN_SECONDS) {
    throw queryError(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_IN_SECONDS} seconds`,
    );
  }
  return seconds;
}

function checkLifetime(timestamp: string, expiresIn: number, now: Date): void {
  const signedAt = parseAmzDate(timestamp);
  if (signedAt === undefined) throw queryError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  const expires = new Date(signedAt.getTime() + expiresIn * 1000);
  if (signedAt.getTime() - now.getTime() > MAX_SKEW_MS) {
    throw new S3Error('AccessDenied', {
      message: 'Request is not yet valid',
      details: {
        'X-Amz-Date': String(signedAt.getTime()),
        Expires: isoSeconds(expires),
        ServerTime: isoSeconds(now),
      },
    });
  }
  if (now > expires) {
    throw new S3Error('AccessDenied', {
      message: 'Request has expired',
      details: { 'X-Amz-Expires': String(expiresIn), Expires: isoSeconds(expires), ServerTime: isoSeconds(now) },
    });
  }
}

type Refuse = (problem: string, details?: Record<string, string>) => S3Error;

/** In S3's order of complaints. */
function parseCredential(credential: string, expectedRegion: string, refuse: Refuse) {
  const parts = credential.split('/');
  const [accessKeyId, day, region, service, terminal] = parts;
  if (parts.length !== 5 || !accessKeyId || day === undefined || region === undefined) {
    throw refuse('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  }
  if (!/^\d{8}$/.test(day)) {
    throw refuse(`incorrect date format "${day}". This date in the credential must be in the format "yyyyMMdd".`);
  }
  if (region !== expectedRegion) {
    throw refuse(`the region '${region}' is wrong; expecting '${expectedRegion}'`, { Region: expectedRegion });
  }
  if (service !== 's3') throw refuse(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (terminal !== 'aws4_request') throw refuse(`incorrect terminal "${terminal}". This endpoint uses "aws4_request".`);
  return { accessKeyId, scope: { day, region, service } };
}

/** An HTTP header's name, in lower case. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

function parseSignedHeaders(text: string, code: S3ErrorCode): string[] {
  const names = text.split(';');
  if (!names.every((name) => HEADER_NAME.test(name)) || new Set(names).size !== names.length) {
    throw new S3Error(code, { message: 'SignedHeaders must be header names in lower case, each once.' });
  }
  return names;
}
