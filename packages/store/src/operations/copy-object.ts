import { buildXml, quoteETag, S3Error } from '@darkslide/s3wire';
import { checkReadConditions, readWriteCondition } from '../http/conditions.ts';
import { xmlResponse } from '../http/response.ts';
import { parseTarget } from '../http/target.ts';
import { keyBytes } from '../index/rows.ts';
import { readObjectHeaders } from '../object-headers.ts';
import { header, type Operation, type S3Request } from '../operation.ts';
import { commit } from '../store.ts';

/** Copies an entry of the index: the copy shares the source's blobs. */
export const copyObject: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const from = readSource(request);
  const source = store.reader.object(store.reader.bucket(from.bucket).id, from.key);
  if (checkReadConditions(request, source, 'x-amz-copy-source-') === 'not-modified') {
    throw new S3Error('PreconditionFailed');
  }
  const replaces = readDirective(request) === 'REPLACE';
  if (!replaces && from.bucket === request.bucket && from.key === request.key) {
    throw new S3Error('InvalidRequest', {
      message:
        'This copy request is illegal because it is trying to copy an object to itself without changing the object.',
    });
  }
  const now = store.now();
  await commit(store, {
    type: 'copyObject',
    bucketId,
    key: keyBytes(request.key),
    now,
    sourceId: source.id,
    headers: replaces ? readObjectHeaders(request) : undefined,
    condition: readWriteCondition(request),
  });
  return xmlResponse(buildXml('CopyObjectResult', { ETag: quoteETag(source.etag), LastModified: new Date(now) }));
};

/** `bucket/key`, percent-encoded, perhaps with a leading slash. */
function readSource(request: S3Request): { bucket: string; key: string } {
  const text = header(request, 'x-amz-copy-source') ?? '';
  const { bucket, key, query } = parseTarget(text.startsWith('/') ? text : `/${text}`);
  if (query.has('versionId')) throw new S3Error('NotImplemented');
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new S3Error('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    details: { ArgumentName: 'x-amz-copy-source' },
  });
}

function readDirective(request: S3Request): 'COPY' | 'REPLACE' {
  const directive = header(request, 'x-amz-metadata-directive') ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive;
  throw new S3Error('InvalidArgument', { message: 'Unknown metadata directive.' });
}
