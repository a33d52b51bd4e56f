import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { commit } from '../store.ts';

const KNOWN: Known = {};

/** As on S3, an object keeps its bucket; an open upload ends with it. */
export const deleteBucket = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  await commit(store, { type: 'deleteBucket', bucketId });
  return { status: 204 };
});
