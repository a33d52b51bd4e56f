import { buildXml } from '@darkslide/s3wire';
import { keyBytes, type Upload } from '../../model.ts';
import type { Known } from '../known.ts';
import { collectPage, keyAfterPrefix, readKeyEncoding, readPageSize } from '../listing.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = {
  query: ['uploads', 'prefix', 'delimiter', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
};

export const listMultipartUploads = operation(KNOWN, async ({ bucket, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const limit = readPageSize(query, 'max-uploads');
  const { encodingType, encode } = readKeyEncoding(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') || undefined;
  const keyMarker = query.get('key-marker') ?? '';
  // Without a key marker S3 ignores the other one.
  const uploadIdMarker = keyMarker === '' ? undefined : query.get('upload-id-marker') || undefined;

  const end = keyAfterPrefix(prefix);
  type Bound = { key: Uint8Array; inclusive: boolean; uploadId: string | undefined };
  const prefixStart: Bound = { key: keyBytes(prefix), inclusive: true, uploadId: undefined };
  const marker: Bound = { key: keyBytes(keyMarker), inclusive: false, uploadId: uploadIdMarker };
  let bound = Buffer.compare(marker.key, prefixStart.key) < 0 ? prefixStart : marker;
  const skipped = delimiter && keyMarker.endsWith(delimiter) ? keyAfterPrefix(keyMarker) : undefined;
  if (skipped !== undefined && uploadIdMarker === undefined) {
    bound = { key: skipped, inclusive: true, uploadId: undefined };
  }
  const page = collectPage<Upload>({
    prefix,
    delimiter,
    limit,
    fetch(count, from) {
      if (from !== undefined) bound = { key: from, inclusive: true, uploadId: undefined };
      const uploads = store.reader.uploadsFrom(bucketId, bound, end, count);
      const last = uploads.at(-1);
      if (last !== undefined) bound = { key: keyBytes(last.key), inclusive: false, uploadId: last.id };
      return uploads;
    },
  });
  const { last } = page;
  return xmlResponse(
    buildXml('ListMultipartUploadsResult', {
      Bucket: bucket,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: uploadIdMarker ?? '',
      NextKeyMarker: last && encode('entry' in last ? last.entry.key : last.prefix),
      NextUploadIdMarker: last && 'entry' in last ? last.entry.id : undefined,
      Prefix: encode(prefix),
      Delimiter: delimiter && encode(delimiter),
      EncodingType: encodingType,
      MaxUploads: limit,
      IsTruncated: last !== undefined,
      Upload: page.entries.map((upload) => ({
        Key: encode(upload.key),
        UploadId: upload.id,
        Initiated: new Date(upload.initiatedAt),
        StorageClass: 'STANDARD',
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      })),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
});
