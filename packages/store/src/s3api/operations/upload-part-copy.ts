import { buildXml, quoteETag, S3Error } from '@darkslide/s3wire';
import { readCopySource } from '../copy-source.ts';
import { copyBytes, publish } from '../incoming.ts';
import { COPY_SOURCE_HEADERS, type Known } from '../known.ts';
import { openObjectBytes } from '../object-bytes.ts';
import { operation } from '../operation.ts';
import { readPartNumber } from '../part-number.ts';
import type { Range } from '../range.ts';
import { header, type S3Request } from '../request.ts';
import { xmlResponse } from '../response.ts';
import { describePart } from './upload-part.ts';

const KNOWN: Known = {
  query: ['uploadId', 'partNumber'],
  headers: [...COPY_SOURCE_HEADERS, 'x-amz-copy-source-range'],
};

/** Copies the bytes: a part may be any range of the source, and its ETag is the MD5 of just that. */
export const uploadPartCopy = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const number = readPartNumber(request);
  const uploadId = request.query.get('uploadId') ?? '';
  const upload = store.reader.upload(bucketId, request.key, uploadId);
  const { object } = readCopySource(request, store);
  const source = await openObjectBytes(store, { object, ...readRange(request, object.size) });
  try {
    const incoming = await copyBytes(source, {
      store,
      signal: request.signal,
      algorithm: upload.checksumAlgorithm,
      describe: describePart({ bucket: request.bucket, upload, number }),
    });
    const { etag, checksum, now } = incoming;
    await publish(request, store, { type: 'putPart', uploadId, number, ...incoming, checksum: checksum?.value });
    return xmlResponse(
      buildXml('CopyPartResult', {
        ETag: quoteETag(etag),
        LastModified: new Date(now),
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
      }),
    );
  } finally {
    source.close();
  }
});

/** Unlike that of a GET, this range must be written in full and lie within the object. */
function readRange(request: S3Request, size: number): Range {
  const text = header(request, 'x-amz-copy-source-range');
  if (text === undefined) return { from: 0, to: size };
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last) + 1 };
  if (first !== '' && range.from < range.to && range.to <= size) return range;
  throw new S3Error('InvalidArgument', {
    message:
      first !== '' && range.from < range.to
        ? `Range specified is not valid for source object of size: ${size}`
        : 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    details: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: text },
  });
}
