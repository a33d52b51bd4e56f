import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';

export const deleteBucket: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  await commit(store, { type: 'deleteBucket', bucketId });
  return { status: 204 };
};
