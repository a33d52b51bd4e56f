import { S3Error } from '@darkslide/s3wire';
import { keyBytes } from '../index/rows.ts';
import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';

const CONDITIONS = ['if-match', 'x-amz-if-match-last-modified-time', 'x-amz-if-match-size'];

/** Deleting what does not exist succeeds, as on S3. */
export const deleteObject: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  // A condition that is passed over would delete what it was to keep.
  const condition = CONDITIONS.find((name) => request.headers[name] !== undefined);
  if (condition !== undefined) throw new S3Error('NotImplemented', { details: { Header: condition } });
  await commit(store, { type: 'deleteObjects', bucketId, keys: [keyBytes(request.key)] });
  return { status: 204 };
};
