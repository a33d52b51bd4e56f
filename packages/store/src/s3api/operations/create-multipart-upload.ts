import { randomBytes } from 'node:crypto';
import { buildXml, CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, S3Error } from '@darkslide/s3wire';
import { type ChecksumType, keyBytes } from '../../model.ts';
import { type Known, OBJECT_HEADERS } from '../known.ts';
import { readObjectHeaders } from '../object-headers.ts';
import { operation } from '../operation.ts';
import { header, type S3Request } from '../request.ts';
import { xmlResponse } from '../response.ts';
import { commit } from '../store.ts';

const KNOWN: Known = {
  query: ['uploads'],
  headers: [...OBJECT_HEADERS, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
  metadata: true,
};

export const createMultipartUpload = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const { algorithm, type } = readChecksumChoice(request);
  const uploadId = randomBytes(24).toString('base64url');
  await commit(store, {
    type: 'createUpload',
    bucketId,
    key: keyBytes(request.key),
    now: store.now(),
    uploadId,
    headers: readObjectHeaders(request),
    checksumAlgorithm: algorithm,
    checksumType: type,
  });
  return xmlResponse(
    buildXml('InitiateMultipartUploadResult', { Bucket: request.bucket, Key: request.key, UploadId: uploadId }),
    { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type },
  );
});

/** Which checksum the object is to have, and whether over its bytes or over its parts' checksums. */
function readChecksumChoice(request: S3Request): {
  algorithm: ChecksumAlgorithm | undefined;
  type: ChecksumType | undefined;
} {
  const algorithm = header(request, 'x-amz-checksum-algorithm')?.toUpperCase();
  const type = header(request, 'x-amz-checksum-type')?.toUpperCase();
  if (algorithm === undefined) {
    if (type === undefined) return { algorithm: undefined, type: undefined };
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  const known = CHECKSUM_ALGORITHMS.find((one) => one === algorithm);
  if (known === undefined) {
    throw new S3Error('InvalidRequest', {
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    });
  }
  if (type === undefined) return { algorithm: known, type: known === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE' };
  const possible = type === 'COMPOSITE' ? known !== 'CRC64NVME' : type === 'FULL_OBJECT' && known.startsWith('CRC');
  if (possible) return { algorithm: known, type: type as ChecksumType };
  throw new S3Error('InvalidRequest', {
    message: `The ${type} checksum type cannot be used with the ${known.toLowerCase()} checksum algorithm.`,
  });
}
