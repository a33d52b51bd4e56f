import { keyBytes } from '../index/rows.ts';
import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';

/** Deleting what does not exist succeeds, as on S3. */
export const deleteObject: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  await commit(store, { type: 'deleteObjects', bucketId, keys: [keyBytes(request.key)] });
  return { status: 204 };
};
