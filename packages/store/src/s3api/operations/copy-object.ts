import { buildXml, quoteETag, S3Error } from '@darkslide/s3wire';
import { keyBytes } from '../../model.ts';
import { readWriteCondition } from '../conditions.ts';
import { readCopySource } from '../copy-source.ts';
import { publishManifest } from '../incoming.ts';
import { COPY_SOURCE_HEADERS, type Known, OBJECT_HEADERS, WRITE_CONDITIONS } from '../known.ts';
import { readObjectHeaders } from '../object-headers.ts';
import { operation } from '../operation.ts';
import { header, type S3Request } from '../request.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = {
  headers: [
    ...COPY_SOURCE_HEADERS,
    ...OBJECT_HEADERS,
    ...WRITE_CONDITIONS,
    'x-amz-metadata-directive',
    'x-amz-tagging-directive',
  ],
  metadata: true,
};

/** Copies an entry of the index: the copy shares the source's blobs. */
export const copyObject = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const { object: source, ...from } = readCopySource(request, store);
  const replaces = readDirective(request) === 'REPLACE';
  if (!replaces && from.bucket === request.bucket && from.key === request.key) {
    throw new S3Error('InvalidRequest', {
      message:
        'This copy request is illegal because it is trying to copy an object to itself without changing the object.',
    });
  }
  const { bucket, key } = request;
  const replacing = replaces ? readObjectHeaders(request) : undefined;
  const condition = readWriteCondition(request);
  const { size, etag, checksum, headers: own } = source;
  const segments = store.reader.segmentsOf(source.id);
  const headers = replacing ?? own;
  const { now } = await publishManifest(
    store,
    { bucket, key, condition, size, etag, checksum, headers, segments },
    (placed) => ({
      type: 'copyObject',
      bucketId,
      key: keyBytes(key),
      sourceId: source.id,
      headers: replacing,
      condition,
      ...placed,
    }),
  );
  return xmlResponse(buildXml('CopyObjectResult', { ETag: quoteETag(source.etag), LastModified: new Date(now) }));
});

function readDirective(request: S3Request): 'COPY' | 'REPLACE' {
  const directive = header(request, 'x-amz-metadata-directive') ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive;
  throw new S3Error('InvalidArgument', { message: 'Unknown metadata directive.' });
}
