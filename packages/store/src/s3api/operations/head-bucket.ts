import type { Known } from '../known.ts';
import { operation } from '../operation.ts';

const KNOWN: Known = {};

export const headBucket = operation(KNOWN, async (request, store) => {
  store.reader.bucket(request.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': store.region } };
});
