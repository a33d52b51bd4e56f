import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { connect, request } from '@darkslide/testkit';
import { newBucket, s3Client, s3Code } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);
const object = { Bucket, Key: 'a' };

await s3.send(new PutObjectCommand({ ...object, Body: 'kept' }));
const isKept = async () => {
  const { Body } = await s3.send(new GetObjectCommand(object));
  assert.equal(await Body?.transformToString(), 'kept');
};

describe('a call that the store does not have', () => {
  it('is refused with an S3 code, and changes nothing [L8.15]', async () => {
    const put = (more: object) => s3.send(new PutObjectCommand({ ...object, Body: 'changed', ...more }));
    const SSECustomerKey = Buffer.alloc(32, 'k').toString('base64');
    const calls = {
      'encryption with a key of the client': () => put({ SSECustomerAlgorithm: 'AES256', SSECustomerKey }),
      'encryption by KMS': () => put({ ServerSideEncryption: 'aws:kms' }),
      'a retention': () => put({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date('2099-01-01') }),
      'a copy with a retention': () =>
        s3.send(
          new CopyObjectCommand({ ...object, Key: 'copy', CopySource: `${Bucket}/a`, ObjectLockLegalHoldStatus: 'ON' }),
        ),
      'a bucket with object lock': () =>
        s3.send(new CreateBucketCommand({ Bucket: `locked-${Date.now()}`, ObjectLockEnabledForBucket: true })),
      'the bucket of someone else': () => put({ ExpectedBucketOwner: '123456789012' }),
      acl: () => s3.send(new PutObjectAclCommand({ ...object, ACL: 'public-read' })),
      tagging: () =>
        s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
      'reading tags': () => s3.send(new GetObjectTaggingCommand(object)),
      versioning: () =>
        s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    };
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(
        call(),
        (error: { name: string; $metadata?: { httpStatusCode?: number } }) => {
          const status = error.$metadata?.httpStatusCode ?? 0;
          assert.ok(status === 501 || (status >= 400 && status < 500), `${name}: ${status} ${error.name}`);
          assert.doesNotMatch(error.name, /^(Error|SyntaxError|UnknownError|TypeError)$/, name);
          return true;
        },
        name,
      );
      await isKept();
    }
  });
});

describe('nonsense', () => {
  it('in method or path is refused in XML, and the store lives on [L8.15]', async () => {
    const { endpoint } = target.s3;
    for (const [method, path] of [
      ['PATCH', `/${Bucket}/a`],
      ['POST', `/${Bucket}/a`],
      ['PROPFIND', '/'],
      ['PUT', '/'],
      ['GET', `/${Bucket}/a?uploads&uploadId=x&partNumber=y`],
      ['POST', `/${Bucket}?delete`],
    ] as const) {
      const answer = await request({ url: endpoint + path, method });
      assert.ok(answer.status >= 400 && answer.status <= 501, `${method} ${path}: ${answer.status}`);
      assert.ok(s3Code(answer.text), `${method} ${path}: ${answer.text}`);
    }
    await isKept();
  });

  it('that is not even HTTP closes the connection only [L8.15, L8.12]', async () => {
    for (const bytes of [
      '\u0000\u0001\u0002\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const connection = await connect(target.s3.endpoint);
      await connection.send(bytes).catch(() => {});
      assert.doesNotMatch(await connection.receive(), /^HTTP\/1\.1 [25]/);
    }
    await isKept();
  });
});
