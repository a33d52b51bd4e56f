import { type Authorization, mechanismOf, readHeaderAuthorization, readQueryAuthorization } from './authorization.ts';
import { createChunkSigner } from './chunk-signer.ts';
import { canonicalQuery, type EncodedParameter, parseQuery, recode } from './encode.ts';
import { S3Error } from './errors.ts';
import { type Payload, parsePayload } from './payload.ts';
import {
  canonicalHeaderValue,
  canonicalRequest,
  hmacHex,
  isSameSignature,
  type RequestHeaders,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './signing.ts';
import { verifyVersion2Link } from './verify-version2.ts';

export type SignedRequest = {
  method: string;
  /** The raw request-target with its query, as received. */
  target: string;
  /** `request.headers`; `request.headersDistinct` also has repeated headers, as their signer counted them. */
  headers: RequestHeaders;
};

export type Verified = {
  accessKeyId: string;
  /** True for a link, false for a signature in the headers. */
  presigned: boolean;
  /** Names in lower case. */
  signedHeaders: readonly string[];
  payload: Payload;
};

/**
 * Checks a request's SigV4 signature, in its headers or its query, by S3's rules; of version 2, only links. The body
 * is not looked at: see `payload`.
 * @throws {S3Error} and nothing else, for every request that is not to be served: AccessDenied, InvalidAccessKeyId,
 * SignatureDoesNotMatch, RequestTimeTooSkewed, AuthorizationHeaderMalformed, AuthorizationQueryParametersError,
 * InvalidArgument, InvalidRequest, InvalidURI
 */
export function verifyRequest(
  request: SignedRequest,
  options: { secretKeyOf: (accessKeyId: string) => string | undefined; region: string; now: Date },
): Verified {
  const { method, headers } = request;
  const { paths, parameters } = readTarget(request.target);
  const mechanism = mechanismOf(headers, parameters);
  if (mechanism === 'link-v2') return verifyVersion2Link({ method, paths, parameters, headers }, options);

  const authorization =
    mechanism === 'header' ? readHeaderAuthorization(headers, options) : readQueryAuthorization(parameters, options);
  const { accessKeyId, scope, timestamp, signedHeaders, signature, presigned } = authorization;
  refuseUnsignedHeaders(headers, signedHeaders);

  const secretKey = options.secretKeyOf(accessKeyId);
  if (secretKey === undefined) throw new S3Error('InvalidAccessKeyId', { details: { AWSAccessKeyId: accessKeyId } });

  const key = signingKey(secretKey, scope);
  const payloadHash = readPayloadHash(headers, parameters, authorization);
  const payload = parsePayload(payloadHash, () => createChunkSigner({ key, timestamp, scope, seed: signature }));
  const query = canonicalQuery(parameters.filter(([name]) => name !== 'X-Amz-Signature'));
  const isSigned = (path: string, headers: RequestHeaders) => {
    const canonical = canonicalRequest({ method, path, query, headers, signedHeaders, payloadHash });
    return isSameSignature(hmacHex(key, stringToSign(timestamp, scope, canonical)), signature);
  };
  const hosts = hostVariants(headers);
  if (!paths.some((path) => hosts.some((headers) => isSigned(path, headers)))) {
    throw new S3Error('SignatureDoesNotMatch', { details: { AWSAccessKeyId: accessKeyId } });
  }
  return { accessKeyId, presigned, signedHeaders, payload };
}

/** The path in AWS's encoding, as SDKs sign it, and as it was sent, as S3 also takes it. */
function readTarget(target: string): { paths: string[]; parameters: EncodedParameter[] } {
  if (!target.startsWith('/')) throw new S3Error('InvalidURI');
  const mark = target.indexOf('?');
  const sent = mark < 0 ? target : target.slice(0, mark);
  const encoded = recode(sent, { slash: false });
  return {
    paths: encoded === sent ? [encoded] : [encoded, sent],
    parameters: mark < 0 ? [] : parseQuery(target.slice(mark + 1)),
  };
}

/**
 * S3's rule: every `x-amz-` header takes part in what a request does, so none may be added to a signed request.
 * The payload hash may: it is part of the signature by itself. Content-MD5, which S3 wants signed too, is let
 * through, because there are clients that send it along with links that do not sign it.
 */
function refuseUnsignedHeaders(headers: RequestHeaders, signedHeaders: readonly string[]): void {
  const unsigned = Object.keys(headers)
    .filter((name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256')
    .concat('host')
    .filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new S3Error('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      details: { HeadersNotSigned: unsigned.join(', ') },
    });
  }
}

function readPayloadHash(
  headers: RequestHeaders,
  parameters: readonly EncodedParameter[],
  { presigned }: Authorization,
): string {
  const header = headers['x-amz-content-sha256'];
  if (header !== undefined) return canonicalHeaderValue(header);
  if (presigned) return parameters.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1] ?? UNSIGNED_PAYLOAD;
  throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
}

/** Signers leave a scheme's own port out of the host; some clients send it anyway. */
function hostVariants(headers: RequestHeaders): RequestHeaders[] {
  const sent = canonicalHeaderValue(headers.host);
  const host = sent.replace(/:(80|443)$/, '');
  return host === sent ? [headers] : [headers, { ...headers, host }];
}
