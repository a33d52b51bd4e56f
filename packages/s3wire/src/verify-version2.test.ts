import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXAMPLE_SERVER } from '../test/aws-examples.ts';
import { S3Error, type SignedRequest, verifyRequest } from './index.ts';

const verify = (request: SignedRequest, now: Date) => verifyRequest(request, { ...EXAMPLE_SERVER, now });
const codeOf = (request: SignedRequest, now: Date) => {
  try {
    verify(request, now);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof S3Error);
    return error.code;
  }
};

/** As AWS published it: Amazon S3 Developer Guide, "Signing and Authenticating REST Requests". */
const PUBLISHED = {
  method: 'GET',
  target:
    '/johnsmith/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620',
  headers: { host: 'johnsmith.s3.amazonaws.com' },
};
const PUBLISHED_EXPIRES = 1175139620;

/** As boto3 makes them at its defaults for another endpoint than Amazon's. */
const BOTO3 = [
  {
    method: 'PUT',
    target:
      '/bucket/it%27s%20%C3%BCnder/one?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=eXJA%2BZ8mNHTVk51xsjL4LkNX17U%3D&Expires=1369357200',
  },
  {
    method: 'GET',
    target:
      '/bucket/a?response-content-disposition=attachment%3B%20filename%3D%22%C3%BC.NEF%22&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=OHeby%2FGfvK5FIkqFYNm8NOB8nzU%3D&Expires=1369357200',
  },
  {
    method: 'PUT',
    target:
      '/bucket/a?uploadId=xyz&partNumber=3&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=KITgPZwpbHACx%2BQz4qy6vM3huEs%3D&Expires=1369357200',
  },
].map((request) => ({ ...request, headers: { host: 'storage.example' } }));
const BOTO3_TIME = new Date('2013-05-24T00:00:00Z');

const at = (seconds: number) => new Date(seconds * 1000);

describe('a link of signature version 2', () => {
  it('is taken as AWS published it, until it expires', () => {
    assert.equal(verify(PUBLISHED, at(PUBLISHED_EXPIRES)).accessKeyId, 'AKIAIOSFODNN7EXAMPLE');
    assert.equal(codeOf(PUBLISHED, at(PUBLISHED_EXPIRES + 1)), 'AccessDenied');
  });

  it('is taken as boto3 makes it', () => {
    for (const request of BOTO3) assert.equal(verify(request, BOTO3_TIME).presigned, true, request.target);
  });

  it('is bound to its method, key, parameters, expiry and content', () => {
    for (const request of BOTO3) {
      const { target, headers } = request;
      const tampered: SignedRequest[] = [
        { ...request, method: 'DELETE' },
        { ...request, target: target.replace('/bucket/', '/bucket/x') },
        { ...request, target: target.replace('Expires=1369357200', 'Expires=1369357201') },
        { ...request, target: `${target}&uploads` },
        {
          ...request,
          target: target.replace('partNumber=3', 'partNumber=4').replace('%3B', '%2C').replace('one', 'On'),
        },
        { ...request, headers: { ...headers, 'content-type': 'image/jpeg' } },
        { ...request, headers: { ...headers, 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
        { ...request, headers: { ...headers, 'x-amz-copy-source': '/bucket/other' } },
      ];
      for (const wrong of tampered) assert.equal(codeOf(wrong, BOTO3_TIME), 'SignatureDoesNotMatch', wrong.target);
    }
  });

  it('names a key that exists and a moment that can be', () => {
    const nobody = { ...PUBLISHED, target: PUBLISHED.target.replace('AKIA', 'AKIB') };
    assert.equal(codeOf(nobody, at(0)), 'InvalidAccessKeyId');
    for (const expires of ['', 'x', '-1', '1e9', '9'.repeat(12)]) {
      const wrong = { ...PUBLISHED, target: PUBLISHED.target.replace(String(PUBLISHED_EXPIRES), expires) };
      assert.equal(codeOf(wrong, at(0)), 'AccessDenied', expires);
    }
  });
});
