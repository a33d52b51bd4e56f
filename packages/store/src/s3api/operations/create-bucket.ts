import { S3Error } from '@darkslide/s3wire';
import { receiveText } from '../incoming.ts';
import { BODY_HEADERS, type Known } from '../known.ts';
import { operation } from '../operation.ts';
import { commit } from '../store.ts';

/** S3's rules for names of general purpose buckets. */
const BUCKET_NAME = /^(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9]|[.-](?![.-]))*[a-z0-9]$/;

/** @throws {S3Error} InvalidBucketName */
export function checkBucketName(name: string): void {
  if (name.length < 3 || name.length > 63 || !BUCKET_NAME.test(name)) {
    throw new S3Error('InvalidBucketName', { details: { BucketName: name } });
  }
}

const KNOWN: Known = {
  headers: [...BODY_HEADERS, 'x-amz-acl', 'x-amz-bucket-object-lock-enabled', 'x-amz-object-ownership'],
};

/** A location constraint is read and not looked at: there is one place only. */
export const createBucket = operation(KNOWN, async (request, store) => {
  checkBucketName(request.bucket);
  if (request.body.declared) await receiveText(request, store);
  await commit(store, { type: 'createBucket', name: request.bucket, now: store.now() });
  return { status: 200, headers: { location: `/${request.bucket}` } };
});
