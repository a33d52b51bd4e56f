import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BUCKET, type S3Client, send } from './support/s3-client.ts';
import { startTestStore, type TestStore } from './support/test-store.ts';

describe('pages on other origins', () => {
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
  });
  after(() => running[Symbol.asyncDispose]());

  const preflight = (origin: string, method: string, headers?: string) =>
    send({
      method: 'OPTIONS',
      url: s3.url({ key: 'a photo' }),
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers && { 'access-control-request-headers': headers }),
      },
    });
  const configure = (xml: string) => s3.call({ method: 'PUT', query: { cors: '' }, body: xml });
  const RULES = `<CORSConfiguration>
    <CORSRule><ID>labs</ID><AllowedOrigin>https://*.lab.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
      <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>
    <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
  </CORSConfiguration>`;

  test('may put and see the ETag where the bucket has no rules of its own', async () => {
    const asked = await preflight('https://photos.example', 'PUT', 'content-type, content-md5');
    assert.equal(asked.status, 200);
    assert.equal(asked.headers['access-control-allow-origin'], '*');
    assert.match(String(asked.headers['access-control-allow-methods']), /PUT/);
    assert.equal(asked.headers['access-control-allow-headers'], 'content-type, content-md5');
    const put = await s3.put('a photo', 'x', { origin: 'https://photos.example' });
    assert.equal(put.headers['access-control-allow-origin'], '*');
    assert.equal(put.headers['access-control-expose-headers'], 'ETag');
    assert.equal((await preflight('https://photos.example', 'DELETE')).code, 'AccessForbidden');
    assert.equal((await s3.call({ method: 'GET', query: { cors: '' } })).code, 'NoSuchCORSConfiguration');
  });

  test('read errors too', async () => {
    const answer = await s3.get('none', { origin: 'https://photos.example' });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    const refused = await send({
      method: 'PUT',
      url: s3.url({ key: 'x' }),
      headers: { origin: 'https://photos.example' },
      body: 'x',
    });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers['access-control-allow-origin'], '*');
  });

  test('are held to the rules of the bucket', async () => {
    assert.equal((await configure(RULES)).status, 200);
    const lab = 'https://one.lab.example';
    const asked = await preflight(lab, 'PUT', 'X-Amz-Meta-Shoot');
    assert.equal(asked.headers['access-control-allow-origin'], lab);
    assert.equal(asked.headers['access-control-allow-credentials'], 'true');
    assert.equal(asked.headers['access-control-max-age'], '600');
    assert.equal((await preflight(lab, 'PUT', 'content-type')).status, 403);
    assert.equal((await preflight('https://lab.example', 'PUT')).status, 403);
    assert.equal((await preflight('https://anywhere.example', 'GET')).headers['access-control-allow-origin'], '*');
    const told = await s3.call({ method: 'GET', query: { cors: '' } });
    assert.match(told.body.toString(), /<ID>labs<\/ID>.*x-amz-\*.*<MaxAgeSeconds>600/s);

    assert.equal((await s3.call({ method: 'DELETE', query: { cors: '' } })).status, 204);
    assert.equal((await preflight('https://photos.example', 'PUT')).status, 200);
  });

  test('rules that mean nothing are refused', async () => {
    assert.equal((await configure('<CORSConfiguration></CORSConfiguration>')).code, 'MalformedXML');
    assert.equal((await configure(RULES.replace('<AllowedMethod>PUT</AllowedMethod>', ''))).code, 'MalformedXML');
    assert.equal((await configure(RULES.replace('>PUT<', '>PATCH<'))).code, 'InvalidRequest');
    assert.equal((await configure(RULES.replace('https://*.', 'https://*.*.'))).code, 'InvalidRequest');
    assert.equal((await configure('<CORSConfiguration>')).code, 'MalformedXML');
  });

  test('a preflight without an origin, or for a bucket that is not there', async () => {
    const url = s3.url({ key: 'x' });
    assert.equal((await send({ method: 'OPTIONS', url })).status, 400);
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const elsewhere = await send({ method: 'OPTIONS', url: url.replace(BUCKET, 'nowhere'), headers });
    assert.equal(elsewhere.code, 'NoSuchBucket');
  });
});
