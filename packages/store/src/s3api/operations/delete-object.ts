import { S3Error } from '@darkslide/s3wire';
import { keyBytes } from '../../model.ts';
import { readDeleteCondition } from '../delete-condition.ts';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { header } from '../request.ts';
import { commit } from '../store.ts';
import { checkVersion } from '../versions.ts';

const SIZE = 'x-amz-if-match-size';
const MODIFIED = 'x-amz-if-match-last-modified-time';

const KNOWN: Known = {
  query: ['versionId'],
  headers: ['if-match', SIZE, MODIFIED, 'x-amz-bypass-governance-retention'],
};

/** Deleting what does not exist succeeds, as on S3. @throws {S3Error} PreconditionFailed */
export const deleteObject = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  checkVersion(request.query.get('versionId'));
  const condition = readDeleteCondition(
    { etag: header(request, 'if-match'), size: header(request, SIZE), modified: header(request, MODIFIED) },
    { size: SIZE, modified: MODIFIED },
  );
  const objects = [{ key: keyBytes(request.key), condition }];
  const { kept = [] } = await commit(store, { type: 'deleteObjects', bucketId, objects });
  if (kept.length > 0) throw new S3Error('PreconditionFailed');
  return { status: 204 };
});
