import type { Operation } from '../operation.ts';

export const headBucket: Operation = async (request, store) => {
  store.reader.bucket(request.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': store.region } };
};
