import { S3Error } from '@darkslide/s3wire';
import type { StoredObject } from '../model.ts';
import { checkReadConditions } from './conditions.ts';
import { header, type S3Request } from './request.ts';
import type { Store } from './store.ts';
import { parseTarget } from './target.ts';
import { checkVersion } from './versions.ts';

/**
 * The object that `x-amz-copy-source` names, if its conditions hold.
 * @throws {S3Error} NoSuchKey, PreconditionFailed
 */
export function readCopySource(
  request: S3Request,
  store: Store,
): { bucket: string; key: string; object: StoredObject } {
  const { bucket, key } = parseCopySource(request);
  const object = store.reader.object(store.reader.bucket(bucket).id, key);
  if (checkReadConditions(request, object, 'x-amz-copy-source-') === 'not-modified') {
    throw new S3Error('PreconditionFailed');
  }
  return { bucket, key, object };
}

/** `bucket/key`, percent-encoded, perhaps with a leading slash. */
function parseCopySource(request: S3Request): { bucket: string; key: string } {
  const text = header(request, 'x-amz-copy-source') ?? '';
  const { bucket, key, query } = parseTarget(text.startsWith('/') ? text : `/${text}`);
  checkVersion(query.get('versionId'));
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new S3Error('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    details: { ArgumentName: 'x-amz-copy-source' },
  });
}
