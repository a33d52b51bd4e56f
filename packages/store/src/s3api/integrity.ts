import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumHeader, isChecksum, S3Error } from '@darkslide/s3wire';
import { type DigestName, type Digests, hexOf } from '../hashing/digests.ts';
import { header, type S3Request } from './request.ts';

/** What a request says of its body, and what is to be computed to hold it to that. */
export type Integrity = {
  digests: DigestName[];
  /** The checksum that the client declared, or that the upload is to have. */
  algorithm: ChecksumAlgorithm | undefined;
  /** @throws {S3Error} BadDigest, XAmzContentSHA256Mismatch, InvalidRequest */
  check: (digests: Digests, trailers: Record<string, string>) => void;
};

/**
 * Reads Content-MD5, the checksum headers and the signed body hash. `fallback` is computed where the client declares
 * no checksum, and is the only one that it may declare.
 * @throws {S3Error} InvalidDigest, InvalidRequest
 */
export function readIntegrity(request: S3Request, fallback?: ChecksumAlgorithm): Integrity {
  const declared = readDeclaredChecksum(request);
  if (declared !== undefined && fallback !== undefined && declared.algorithm !== fallback) {
    throw new S3Error('InvalidRequest', {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${fallback}, actual checksum Type: ${declared.algorithm}`,
    });
  }
  return integrityOf(request, declared, fallback);
}

/** The same for a request whose checksum headers speak of an object that it does not carry. */
export function readBodyIntegrity(request: S3Request): Integrity {
  return integrityOf(request, undefined, undefined);
}

type DeclaredChecksum = { algorithm: ChecksumAlgorithm; value: string | undefined };

function integrityOf(
  request: S3Request,
  declared: DeclaredChecksum | undefined,
  fallback: ChecksumAlgorithm | undefined,
): Integrity {
  const md5 = readContentMd5(request);
  const algorithm = declared?.algorithm ?? fallback;
  const digests = new Set<DigestName>(['MD5']);
  if (algorithm !== undefined) digests.add(algorithm);
  if (request.body.payload.kind === 'sha256') digests.add('SHA256');
  return {
    digests: [...digests],
    algorithm,
    check(computed, trailers) {
      if (md5 !== undefined && computed.MD5 !== md5) {
        throw new S3Error('BadDigest', { details: { ExpectedDigest: md5, CalculatedDigest: computed.MD5 ?? '' } });
      }
      if (request.body.payload.kind === 'sha256') request.body.checkSha256(hexOf(computed.SHA256 ?? ''));
      if (declared === undefined) return;
      const name = checksumHeader(declared.algorithm);
      const value = declared.value ?? trailers[name];
      if (value === undefined || !isChecksum(declared.algorithm, value)) throw invalidValue(name);
      if (value === computed[declared.algorithm]) return;
      throw new S3Error('BadDigest', {
        message: `The ${declared.algorithm} you specified did not match the calculated checksum.`,
      });
    },
  };
}

function readContentMd5(request: S3Request): string | undefined {
  const md5 = header(request, 'content-md5');
  if (md5 === undefined) return undefined;
  const bytes = Buffer.from(md5, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== md5) {
    throw new S3Error('InvalidDigest', { message: 'The Content-MD5 you specified is not valid.' });
  }
  return md5;
}

/** The one checksum of the headers, or the one whose value comes in the trailer. @throws {S3Error} InvalidRequest */
function readDeclaredChecksum(request: S3Request): DeclaredChecksum | undefined {
  const inHeaders = CHECKSUM_ALGORITHMS.filter((algorithm) => request.headers[checksumHeader(algorithm)] !== undefined);
  const trailer = header(request, 'x-amz-trailer')?.trim().toLowerCase();
  const inTrailer = CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === trailer);
  if (trailer !== undefined && inTrailer === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  }
  if (inHeaders.length + (inTrailer === undefined ? 0 : 1) > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  const algorithm = inTrailer ?? inHeaders[0];
  if (algorithm === undefined) {
    if (header(request, 'x-amz-sdk-checksum-algorithm') === undefined) return undefined;
    throw new S3Error('InvalidRequest', {
      message:
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    });
  }
  const told = header(request, 'x-amz-sdk-checksum-algorithm')?.toUpperCase();
  if (told !== undefined && told !== algorithm) throw invalidValue('x-amz-sdk-checksum-algorithm');
  if (inTrailer !== undefined) return { algorithm, value: undefined };
  const value = header(request, checksumHeader(algorithm)) ?? '';
  if (!isChecksum(algorithm, value)) throw invalidValue(checksumHeader(algorithm));
  return { algorithm, value };
}

const invalidValue = (name: string) =>
  new S3Error('InvalidRequest', { message: `Value for ${name} header is invalid.` });
