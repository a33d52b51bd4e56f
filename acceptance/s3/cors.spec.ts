import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { request } from '@darkslide/testkit';
import { putLink } from '../support/api.ts';
import { newBucket, presign, s3Client, s3Error } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { api, target } = await useTarget();
const s3 = s3Client(target);
const Origin = 'https://photos.example.com';

const preflight = (url: string, method: string, headers: Record<string, string> = {}) =>
  request({ url, method: 'OPTIONS', headers: { Origin, 'Access-Control-Request-Method': method, ...headers } });

const listed = (header: unknown) =>
  String(header ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);

describe('a page of any origin', () => {
  it('may PUT to a link and read the ETag [L8.13]', async () => {
    const project = await api.newProject();
    const link = await api.uploadLink(project, 'a.NEF');
    const allowed = await preflight(link, 'PUT', { 'Access-Control-Request-Headers': 'content-type,content-md5' });
    assert.ok(allowed.status === 200 || allowed.status === 204, String(allowed.status));
    assert.ok(['*', Origin].includes(allowed.headers['access-control-allow-origin'] ?? ''));
    assert.ok(listed(allowed.headers['access-control-allow-methods']).includes('put'));
    const headers = listed(allowed.headers['access-control-allow-headers']);
    assert.ok(headers.includes('*') || (headers.includes('content-type') && headers.includes('content-md5')));

    const put = await putLink(link, Buffer.from('x'), { 'Content-Type': '', Origin });
    assert.equal(put.status, 200);
    assert.ok(['*', Origin].includes(put.headers['access-control-allow-origin'] ?? ''));
    assert.ok(listed(put.headers['access-control-expose-headers']).includes('etag'));
  });

  it('may GET the original, and read why a request was refused [L8.13]', async () => {
    const project = await api.newProject();
    await api.upload(project, 'a.NEF', Buffer.from('x'));
    const { download_link: url } = await api.file(project, 'a.NEF');
    assert.ok((await preflight(url as string, 'GET')).status < 300);
    const got = await request({ url: url as string, headers: { Origin } });
    assert.ok(['*', Origin].includes(got.headers['access-control-allow-origin'] ?? ''));
    const broken = (url as string).replace(/X-Amz-Signature=\w+/, 'X-Amz-Signature=0');
    const refused = await request({ url: broken, headers: { Origin } });
    assert.equal(refused.status, 403);
    assert.ok(['*', Origin].includes(refused.headers['access-control-allow-origin'] ?? ''));
  });
});

describe("a bucket's own rules", () => {
  it('are kept, obeyed and removed [L8.13]', async () => {
    const Bucket = await newBucket(s3);
    const CORSRules = [
      {
        AllowedOrigins: ['https://*.example.com'],
        AllowedMethods: ['PUT'],
        AllowedHeaders: ['content-*'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: 60,
      },
    ];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    assert.deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);
    const url = await presign(target, new PutObjectCommand({ Bucket, Key: 'a' }));
    const allowed = await preflight(url, 'PUT', { 'Access-Control-Request-Headers': 'content-md5' });
    assert.equal(allowed.status, 200);
    assert.equal(allowed.headers['access-control-allow-origin'], Origin);
    assert.equal(allowed.headers['access-control-max-age'], '60');
    assert.equal((await preflight(url, 'DELETE')).status, 403);
    assert.equal((await preflight(url, 'PUT', { Origin: 'https://evil.example.org' })).status, 403);
    assert.equal((await preflight(url, 'PUT', { 'Access-Control-Request-Headers': 'x-other' })).status, 403);
    const put = await request({ url, method: 'PUT', headers: { Origin: 'https://evil.example.org' }, body: 'x' });
    assert.deepEqual([put.status, put.headers['access-control-allow-origin']], [200, undefined]);

    await s3.send(new DeleteBucketCorsCommand({ Bucket }));
    await assert.rejects(s3.send(new GetBucketCorsCommand({ Bucket })), s3Error('NoSuchCORSConfiguration', 404));
    const fresh = await presign(target, new PutObjectCommand({ Bucket: await newBucket(s3), Key: 'a' }));
    assert.equal((await preflight(url, 'DELETE')).status, (await preflight(fresh, 'DELETE')).status, 'as at the start');
  });

  it('that make no sense are refused [L8.13]', async () => {
    const Bucket = await newBucket(s3);
    const put = (rule: object) =>
      s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule as never] } }));
    await assert.rejects(put({ AllowedOrigins: ['*'], AllowedMethods: ['FETCH'] }), s3Error('InvalidRequest', 400));
    await assert.rejects(put({ AllowedOrigins: ['*'] }), s3Error('MalformedXML', 400));
  });
});
