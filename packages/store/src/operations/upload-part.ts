import { quoteETag, S3Error } from '@darkslide/s3wire';
import { BODY_HEADERS, type Known } from '../http/known.ts';
import { publish, receiveBytes } from '../incoming.ts';
import { describeChecksum } from '../object-headers.ts';
import { operation, type S3Request } from '../operation.ts';

export const MAX_PART_NUMBER = 10_000;

const KNOWN: Known = { query: ['uploadId', 'partNumber'], headers: BODY_HEADERS };

export const uploadPart = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const number = readPartNumber(request);
  const uploadId = request.query.get('uploadId') ?? '';
  const { checksumAlgorithm } = store.reader.upload(bucketId, request.key, uploadId);

  const { bytes, etag, checksum } = await receiveBytes(request, store, checksumAlgorithm);
  const kept = checksum?.algorithm === checksumAlgorithm ? checksum?.value : undefined;
  await publish(request, store, { type: 'putPart', uploadId, number, bytes, etag, checksum: kept, now: store.now() });
  const headers = { etag: quoteETag(etag), ...describeChecksum(checksum), 'x-amz-checksum-type': undefined };
  return { status: 200, headers };
});

/** Throws InvalidArgument. */
export function readPartNumber(request: S3Request): number {
  const text = request.query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw new S3Error('InvalidArgument', {
    message: `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
    details: { ArgumentName: 'partNumber', ArgumentValue: text },
  });
}
