import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';

export const abortMultipartUpload: Operation = async ({ bucket, key, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const { id: uploadId } = store.reader.upload(bucketId, key, query.get('uploadId') ?? '');
  await commit(store, { type: 'abortUpload', uploadId });
  return { status: 204 };
};
