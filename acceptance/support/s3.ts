import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import {
  CreateBucketCommand,
  type GetObjectCommand,
  type HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  type UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { request, type S3Access } from '@darkslide/testkit';

type Storage = { s3: S3Access };

/** AWS's own client with its default settings, pointed at the target's storage. */
export function s3Client({ s3 }: Storage, config: S3ClientConfig = {}): S3Client {
  const { endpoint, region, credentials } = s3;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, ...config });
  after(() => client.destroy());
  return client;
}

/** A bucket of the spec file's own. */
export async function newBucket(client: S3Client): Promise<string> {
  const Bucket = `spec-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

type WireRequest = { method: string; path: string; headers: Record<string, string>; body?: unknown };

/** Changes what a client sends: before it is signed, or on its way. */
export function tamper(
  client: S3Client,
  when: 'before signing' | 'on the wire',
  change: (request: WireRequest) => void,
) {
  const middleware: Pluggable = (next) => (args) => {
    change(args.request as WireRequest);
    return next(args);
  };
  if (when === 'on the wire') {
    client.middlewareStack.add(middleware as never, { step: 'deserialize', priority: 'low' });
  } else {
    client.middlewareStack.addRelativeTo(middleware as never, {
      relation: 'before',
      toMiddleware: 'httpSigningMiddleware',
    });
  }
  return client;
}

type Pluggable = (next: (args: { request: unknown }) => unknown) => (args: { request: unknown }) => unknown;

/** A link as AWS's own presigner makes it, without a checksum. */
export function presign(
  storage: Storage,
  command: PresignedCommand,
  options: Parameters<typeof getSignedUrl>[2] = {},
): Promise<string> {
  const client = s3Client(storage, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  return getSignedUrl(client, command as PutObjectCommand, { expiresIn: 300, ...options });
}

type PresignedCommand = GetObjectCommand | HeadObjectCommand | PutObjectCommand | UploadPartCommand;

/** What S3 refused, for `assert.rejects`. */
export function s3Error(name: string, status?: number) {
  return (error: unknown): true => {
    if (!(error instanceof S3ServiceException)) throw error;
    const got = `${error.$metadata.httpStatusCode} ${error.name}: ${error.message}`;
    if (error.name !== name) throw new Error(`expected ${name}, got ${got}`);
    if (status !== undefined && error.$metadata.httpStatusCode !== status) {
      throw new Error(`expected ${status}, got ${got}`);
    }
    return true;
  };
}

/** The code in S3's error XML. */
export function s3Code(text: string): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(text)?.[1];
}

/** Whether a link holds its content type to what it was signed with. */
export function signsContentType(link: string): boolean {
  return (new URL(link).searchParams.get('X-Amz-SignedHeaders') ?? '').split(';').includes('content-type');
}

/** Asks the storage itself: a link that signs an empty content type, and a PUT without one. */
export async function takesAbsentTypeAsEmpty(storage: Storage): Promise<boolean> {
  const command = new PutObjectCommand({ Bucket: storage.s3.bucket, Key: `spec/${randomUUID()}` });
  const withEmptyType: Pluggable = (next) => (args) => {
    (args.request as WireRequest).headers['content-type'] = '';
    return next(args);
  };
  command.middlewareStack.add(withEmptyType as never, { step: 'build' });
  const url = await presign(storage, command, { signableHeaders: new Set(['content-type']) });
  assert.ok(signsContentType(url));
  const put = (headers: Record<string, string>) => request({ url, method: 'PUT', headers, body: Buffer.from('x') });
  assert.equal((await put({ 'Content-Type': '' })).status, 200);
  return (await put({})).status === 200;
}
