import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Access } from '../darkslide.ts';
import { request } from '../http-client.ts';

/** A storage engine of its own on 127.0.0.1, with an empty bucket. */
export type StorageEngine = {
  /** Name and version, as people say it. */
  name: string;
  s3: S3Access;
  /** Closes its connections in order, and refuses new ones until `start`, which brings it back with its data. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
};

/** Whether an engine takes requests, even if only to refuse them. */
export function answers(endpoint: string): Promise<boolean> {
  return request({ url: endpoint, timeoutMs: 2000 }).then(
    ({ status }) => status < 500,
    () => false,
  );
}

/** @throws {Error} when there is one of that name, or storage refuses. */
export async function createBucket({ endpoint, region, credentials, bucket }: S3Access): Promise<void> {
  const client = new S3Client({ endpoint, region, credentials: { ...credentials }, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}
