import { S3Error } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { header } from '../request.ts';
import { commit } from '../store.ts';

const INITIATED = 'x-amz-if-match-initiated-time';

const KNOWN: Known = { query: ['uploadId'], headers: [INITIATED] };

export const abortMultipartUpload = operation(KNOWN, async (request, store) => {
  const { bucket, key, query } = request;
  const { id: bucketId } = store.reader.bucket(bucket);
  const { id: uploadId, initiatedAt } = store.reader.upload(bucketId, key, query.get('uploadId') ?? '');
  const initiated = header(request, INITIATED);
  if (initiated !== undefined && Math.floor(Date.parse(initiated) / 1000) !== Math.floor(initiatedAt / 1000)) {
    throw new S3Error('PreconditionFailed');
  }
  await commit(store, { type: 'abortUpload', uploadId });
  return { status: 204 };
});
