import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { S3Access } from '@darkslide/testkit';
import type { PhotoSet } from './photo-set.ts';

/**
 * An upload that loses something does not count, however fast it was: every photo has to be in the bucket, whole, under
 * any prefix, and nothing else. Where the ETag is an MD5 it is compared too.
 * @throws {AssertionError} naming what is missing or different.
 */
export async function assertArrived({ s3, set, side }: { s3: S3Access; set: PhotoSet; side: string }): Promise<void> {
  const { bucket, ...access } = s3;
  const client = new S3Client({ ...access, forcePathStyle: true });
  const stored = new Map<string, { size: number | undefined; etag: string }>();
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
      for (const { Key = '', Size, ETag = '' } of page.Contents ?? []) {
        stored.set(posix.basename(Key), { size: Size, etag: ETag.replaceAll('"', '') });
      }
    }
  } finally {
    client.destroy();
  }
  assert.equal(stored.size, set.photos.length, `${side}: of ${set.photos.length} photos, ${stored.size} are there`);
  for (const { name, size, md5 } of set.photos) {
    const object = stored.get(name);
    assert.equal(object?.size, size, `${side}: ${name} is not there as it should be`);
    if (!object.etag.includes('-')) assert.equal(object.etag, md5, `${side}: ${name} has other content`);
  }
}
