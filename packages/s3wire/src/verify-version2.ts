import { createHmac } from 'node:crypto';
import { isoSeconds } from './dates.ts';
import { decodeLatin1, type EncodedParameter } from './encode.ts';
import { S3Error } from './errors.ts';
import { canonicalHeaderValue, isSameSignature, type RequestHeaders } from './signing.ts';
import type { Verified } from './verify.ts';

/** Query parameters that a version 2 signature covers; the others do not change what a request does. */
const SIGNED_PARAMETERS = new Set(
  (
    'accelerate acl analytics cors delete inventory lifecycle location logging metrics notification object-lock ' +
    'partNumber policy replication requestPayment response-cache-control response-content-disposition ' +
    'response-content-encoding response-content-language response-content-type response-expires restore select ' +
    'select-type storageClass tagging torrent uploadId uploads versionId versioning versions website'
  ).split(' '),
);

/**
 * Checks a link signed AWS's old way: boto3 and `aws s3 presign` still make such links by default where the endpoint
 * is not Amazon's. Source: Amazon S3 User Guide, "Signing and authenticating REST requests".
 * @throws {S3Error} AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch
 */
export function verifyVersion2Link(
  request: {
    method: string;
    paths: readonly string[];
    parameters: readonly EncodedParameter[];
    headers: RequestHeaders;
  },
  options: { secretKeyOf: (accessKeyId: string) => string | undefined; now: Date },
): Verified {
  const { method, paths, parameters, headers } = request;
  const parameter = (name: string) => decodeLatin1(parameters.find(([other]) => other === name)?.[1] ?? '');
  const accessKeyId = parameter('AWSAccessKeyId');
  const expires = parameter('Expires');
  checkExpires(expires, options.now);
  const secretKey = options.secretKeyOf(accessKeyId);
  if (secretKey === undefined) throw new S3Error('InvalidAccessKeyId', { details: { AWSAccessKeyId: accessKeyId } });

  const standard = [headers['content-md5'], headers['content-type']].map(canonicalHeaderValue);
  const custom = Object.keys(headers)
    .filter((name) => name.startsWith('x-amz-'))
    .sort()
    .map((name) => `${name}:${canonicalHeaderValue(headers[name])}\n`);
  const isSigned = (path: string) => {
    const text = `${[method, ...standard, expires].join('\n')}\n${custom.join('')}${path}${signedQuery(parameters)}`;
    const signature = createHmac('sha1', secretKey).update(text, 'latin1').digest('base64');
    return isSameSignature(signature, parameter('Signature'));
  };
  if (!paths.some(isSigned)) throw new S3Error('SignatureDoesNotMatch', { details: { AWSAccessKeyId: accessKeyId } });
  const signedHeaders = [
    'content-md5',
    'content-type',
    ...Object.keys(headers).filter((name) => name.startsWith('x-amz-')),
  ];
  return { accessKeyId, presigned: true, signedHeaders, payload: { kind: 'unsigned' } };
}

function checkExpires(expires: string, now: Date): void {
  if (!/^\d{1,11}$/.test(expires)) {
    throw new S3Error('AccessDenied', {
      message: 'Invalid date (should be seconds since epoch): the Expires parameter',
    });
  }
  const until = new Date(Number(expires) * 1000);
  if (now > until) {
    throw new S3Error('AccessDenied', {
      message: 'Request has expired',
      details: { Expires: isoSeconds(until), ServerTime: isoSeconds(now) },
    });
  }
}

function signedQuery(parameters: readonly EncodedParameter[]): string {
  const signed = parameters
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${decodeLatin1(value)}`));
  return signed.length > 0 ? `?${signed.join('&')}` : '';
}
