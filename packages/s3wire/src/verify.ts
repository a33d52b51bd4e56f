import { timingSafeEqual } from 'node:crypto';
import { type Authorization, readHeaderAuthorization, readQueryAuthorization } from './authorization.ts';
import { createChunkSigner } from './chunk-signer.ts';
import { amzDate } from './dates.ts';
import { canonicalQuery, type EncodedParameter, parseQuery, recode } from './encode.ts';
import { S3Error } from './errors.ts';
import { type Payload, parsePayload } from './payload.ts';
import {
  canonicalRequest,
  hmacHex,
  type RequestHeaders,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './signing.ts';

export type SignedRequest = {
  method: string;
  /** The raw request-target with its query, as received. */
  target: string;
  /** `request.headers`; `request.headersDistinct` also tells repeated headers as their signer counted them. */
  headers: RequestHeaders;
};

export type Verified = {
  accessKeyId: string;
  /** True for a link, false for a signature in the headers. */
  presigned: boolean;
  payload: Payload;
};

/**
 * Checks a request's SigV4 signature, in its headers or its query, by S3's rules.
 * Throws S3Error, and nothing else, for every request that is not to be served: AccessDenied, InvalidAccessKeyId,
 * SignatureDoesNotMatch, RequestTimeTooSkewed, AuthorizationHeaderMalformed, AuthorizationQueryParametersError,
 * InvalidArgument, InvalidRequest, InvalidURI. The body is not looked at: see `payload`.
 */
export function verifyRequest(
  request: SignedRequest,
  options: { secretKeyOf: (accessKeyId: string) => string | undefined; region: string; now: Date },
): Verified {
  const { path, parameters } = readTarget(request.target);
  const authorization = readAuthorization(request.headers, parameters, options);
  refuseUnsignedHeaders(request.headers, authorization);

  const secretKey = options.secretKeyOf(authorization.accessKeyId);
  if (secretKey === undefined)
    throw new S3Error('InvalidAccessKeyId', { details: { AWSAccessKeyId: authorization.accessKeyId } });

  const key = signingKey(secretKey, authorization.scope);
  const payloadHash = readPayloadHash(request.headers, parameters, authorization);
  const query = canonicalQuery(parameters.filter(([name]) => name !== 'X-Amz-Signature'));
  const timestamp = amzDate(authorization.signedAt);
  const signatureOver = (headers: RequestHeaders) => {
    const { signedHeaders } = authorization;
    const canonical = canonicalRequest({ method: request.method, path, query, headers, signedHeaders, payloadHash });
    return hmacHex(key, stringToSign(timestamp, authorization.scope, canonical));
  };
  if (!hostVariants(request.headers).some((headers) => sameSignature(signatureOver(headers), authorization.signature)))
    throw new S3Error('SignatureDoesNotMatch', { details: { AWSAccessKeyId: authorization.accessKeyId } });

  return {
    accessKeyId: authorization.accessKeyId,
    presigned: authorization.presigned,
    payload: parsePayload(payloadHash, () =>
      createChunkSigner({ key, timestamp, scope: authorization.scope, seed: authorization.signature }),
    ),
  };
}

function readTarget(target: string): { path: string; parameters: EncodedParameter[] } {
  if (!target.startsWith('/')) throw new S3Error('InvalidURI');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    path: recode(path, { slash: false }),
    parameters: mark < 0 ? [] : parseQuery(target.slice(mark + 1)),
  };
}

function readAuthorization(
  headers: RequestHeaders,
  parameters: readonly EncodedParameter[],
  options: { region: string; now: Date },
): Authorization {
  const names = new Set(parameters.map(([name]) => name));
  const inHeader = headers.authorization !== undefined;
  const inQuery = names.has('X-Amz-Algorithm') || names.has('X-Amz-Signature') || names.has('X-Amz-Credential');
  const version2 = names.has('Signature') && names.has('AWSAccessKeyId');
  if (Number(inHeader) + Number(inQuery) + Number(version2) > 1)
    throw new S3Error('InvalidArgument', {
      message:
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    });
  if (inHeader) return readHeaderAuthorization(headers, options);
  if (inQuery) return readQueryAuthorization(parameters, options);
  if (version2)
    throw new S3Error('InvalidRequest', {
      message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    });
  throw new S3Error('AccessDenied');
}

/** Every `x-amz-` header takes part in what a request does, so none may be added to a signed request. */
function refuseUnsignedHeaders(headers: RequestHeaders, { signedHeaders }: Authorization): void {
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name));
  if (unsigned.length > 0)
    throw new S3Error('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      details: { HeadersNotSigned: unsigned.join(', ') },
    });
}

function readPayloadHash(
  headers: RequestHeaders,
  parameters: readonly EncodedParameter[],
  { presigned }: Authorization,
): string {
  const header = headers['x-amz-content-sha256'];
  if (header !== undefined) return typeof header === 'string' ? header : header.join(',');
  if (presigned) return parameters.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1] ?? UNSIGNED_PAYLOAD;
  throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
}

/** Signers leave a scheme's own port out of the host; some clients send it all the same. */
function hostVariants(headers: RequestHeaders): RequestHeaders[] {
  const { host } = headers;
  const text = typeof host === 'string' ? host : host?.join(',');
  const bare = text?.replace(/:(80|443)$/, '');
  return bare === text ? [headers] : [headers, { ...headers, host: bare }];
}

/** Without telling by its time how much of a guess was right. Both are 64 hex digits. */
function sameSignature(ours: string, theirs: string): boolean {
  return timingSafeEqual(Buffer.from(ours, 'latin1'), Buffer.from(theirs, 'latin1'));
}
