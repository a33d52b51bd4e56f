import { buildXml, quoteETag, S3Error } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { readKeyEncoding, readPageSize } from '../listing.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = { query: ['uploadId', 'max-parts', 'part-number-marker', 'encoding-type'] };

export const listParts = operation(KNOWN, async ({ bucket, key, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const upload = store.reader.upload(bucketId, key, query.get('uploadId') ?? '');
  const limit = readPageSize(query, 'max-parts');
  const marker = readMarker(query.get('part-number-marker'));
  const { encode } = readKeyEncoding(query);

  const found = store.reader.parts(upload.id, marker, limit + 1);
  const parts = found.slice(0, limit);
  const truncated = limit > 0 && found.length > limit;
  return xmlResponse(
    buildXml('ListPartsResult', {
      Bucket: bucket,
      Key: encode(key),
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: truncated ? parts.at(-1)?.number : undefined,
      MaxParts: limit,
      IsTruncated: truncated,
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: upload.checksumAlgorithm,
      ChecksumType: upload.checksumType,
      Part: parts.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedAt),
        ETag: quoteETag(part.etag),
        Size: part.size,
        ...(part.checksum && { [`Checksum${upload.checksumAlgorithm}`]: part.checksum }),
      })),
    }),
  );
});

/** @throws {S3Error} InvalidArgument */
function readMarker(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new S3Error('InvalidArgument', {
    message: `Provided ${text} not an integer or within integer range`,
    details: { ArgumentName: 'part-number-marker', ArgumentValue: text },
  });
}
