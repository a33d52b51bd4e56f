import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { commit } from '../store.ts';

const KNOWN: Known = { query: ['cors'] };

/** The configuration's rules hold again. */
export const deleteBucketCors = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  await commit(store, { type: 'setCors', bucketId, cors: undefined });
  return { status: 204 };
});
