import { quoteETag } from '@darkslide/s3wire';
import type { StoredChecksum, Upload } from '../../model.ts';
import { type Describe, publish, receiveBytes } from '../incoming.ts';
import { BODY_HEADERS, type Known } from '../known.ts';
import { describeChecksum } from '../object-headers.ts';
import { operation } from '../operation.ts';
import { readPartNumber } from '../part-number.ts';

const KNOWN: Known = { query: ['uploadId', 'partNumber'], headers: BODY_HEADERS };

export const uploadPart = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const number = readPartNumber(request);
  const uploadId = request.query.get('uploadId') ?? '';
  const upload = store.reader.upload(bucketId, request.key, uploadId);

  const incoming = await receiveBytes(request, store, {
    algorithm: upload.checksumAlgorithm,
    describe: describePart({ bucket: request.bucket, upload, number }),
  });
  const { etag, checksum } = incoming;
  await publish(request, store, {
    type: 'putPart',
    uploadId,
    number,
    ...incoming,
    checksum: keptChecksum(upload, checksum),
  });
  const headers = { etag: quoteETag(etag), ...describeChecksum(checksum), 'x-amz-checksum-type': undefined };
  return { status: 200, headers };
});

/** What a part's blob says of itself: all that is needed to open its upload again. */
export function describePart({ bucket, upload, number }: { bucket: string; upload: Upload; number: number }): Describe {
  const { id: uploadId, key, initiatedAt, headers, checksumAlgorithm, checksumType } = upload;
  return (about) => ({
    kind: 'part',
    bucket,
    key,
    uploadId,
    number,
    ...about,
    checksum: keptChecksum(upload, about.checksum),
    upload: { initiatedAt, headers, checksumAlgorithm, checksumType },
  });
}

/** Only a checksum of the upload's own algorithm counts for the object. */
const keptChecksum = ({ checksumAlgorithm }: Upload, checksum: StoredChecksum | undefined): string | undefined =>
  checksum?.algorithm === checksumAlgorithm ? checksum?.value : undefined;
