import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Access } from '../darkslide.ts';

/** Creates the bucket that an engine is to be used with. */
export async function createBucket({ endpoint, region, credentials, bucket }: S3Access): Promise<void> {
  const client = new S3Client({ endpoint, region, credentials: { ...credentials }, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}
