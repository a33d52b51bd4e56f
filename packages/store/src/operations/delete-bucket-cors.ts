import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';

/** The configuration's rules hold again. */
export const deleteBucketCors: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  await commit(store, { type: 'setCors', bucketId, cors: undefined });
  return { status: 204 };
};
