import type { Known } from '../http/known.ts';
import { operation } from '../operation.ts';
import { commit } from '../store.ts';

const KNOWN: Known = { query: ['uploadId'] };

export const abortMultipartUpload = operation(KNOWN, async ({ bucket, key, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const { id: uploadId } = store.reader.upload(bucketId, key, query.get('uploadId') ?? '');
  await commit(store, { type: 'abortUpload', uploadId });
  return { status: 204 };
});
