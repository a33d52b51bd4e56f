import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { during } from './support/during.ts';
import { BUCKET, type Call, completeBody, type S3Client, send } from './support/s3-client.ts';
import { startTestStore, type TestStore } from './support/test-store.ts';

const CORS =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const DELETE = '<Delete><Object><Key>standing</Key></Object></Delete>';

/** Headers of which S3 would do something, or will one day. */
const UNKNOWN_HEADERS = {
  'x-amz-server-side-encryption': 'AES256',
  'x-amz-server-side-encryption-customer-algorithm': 'AES256',
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-tagging': 'a=b',
  'x-amz-website-redirect-location': '/elsewhere',
  'x-amz-checksum-sha512': 'AAAA',
  'x-amz-checksum-xxhash128': 'AAAA',
  'x-amz-mfa': '1 2',
  'x-amz-grant-read': 'id=anyone',
  'x-amz-of-tomorrow': 'x',
};

describe('what a call does not know', () => {
  let running: TestStore;
  let s3: S3Client;
  let uploadId: string;
  let calls: Record<string, Call>;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
    await s3.put('standing', 'as it was');
    uploadId = await s3.createUpload('open');
    const { headers } = await s3.uploadPart('open', uploadId, 1, 'part');
    const part = { query: { uploadId, partNumber: '2' }, key: 'open' };
    const source = { 'x-amz-copy-source': `/${BUCKET}/standing` };
    const complete = completeBody([{ number: 1, etag: String(headers.etag) }]);
    calls = {
      ListBuckets: { method: 'GET', bucket: '' },
      CreateBucket: { method: 'PUT', bucket: 'new-bucket' },
      DeleteBucket: { method: 'DELETE' },
      HeadBucket: { method: 'HEAD' },
      GetBucketLocation: { method: 'GET', query: { location: '' } },
      GetBucketVersioning: { method: 'GET', query: { versioning: '' } },
      PutBucketCors: { method: 'PUT', query: { cors: '' }, body: CORS },
      GetBucketCors: { method: 'GET', query: { cors: '' } },
      DeleteBucketCors: { method: 'DELETE', query: { cors: '' } },
      ListObjects: { method: 'GET' },
      ListObjectsV2: { method: 'GET', query: { 'list-type': '2' } },
      ListObjectVersions: { method: 'GET', query: { versions: '' } },
      ListMultipartUploads: { method: 'GET', query: { uploads: '' } },
      DeleteObjects: { method: 'POST', query: { delete: '' }, body: DELETE },
      PutObject: { method: 'PUT', key: 'standing', body: 'changed' },
      CopyObject: { method: 'PUT', key: 'copy', headers: source },
      GetObject: { method: 'GET', key: 'standing' },
      HeadObject: { method: 'HEAD', key: 'standing' },
      GetObjectAttributes: {
        method: 'GET',
        key: 'standing',
        query: { attributes: '' },
        headers: { 'x-amz-object-attributes': 'ETag' },
      },
      DeleteObject: { method: 'DELETE', key: 'standing' },
      CreateMultipartUpload: { method: 'POST', key: 'open', query: { uploads: '' } },
      UploadPart: { method: 'PUT', ...part, body: 'part' },
      UploadPartCopy: { method: 'PUT', ...part, headers: source },
      ListParts: { method: 'GET', key: 'open', query: { uploadId } },
      CompleteMultipartUpload: { method: 'POST', key: 'open', query: { uploadId }, body: complete },
      AbortMultipartUpload: { method: 'DELETE', key: 'open', query: { uploadId } },
    };
  });
  after(() => running[Symbol.asyncDispose]());

  async function assertUnchanged(): Promise<void> {
    assert.equal((await s3.get('standing')).body.toString(), 'as it was');
    assert.equal((await s3.list()).KeyCount, '1');
    const parts = await s3.call({ method: 'GET', key: 'open', query: { uploadId } });
    assert.equal(parts.body.toString().split('<Part>').length - 1, 1);
    assert.equal((await s3.call({ method: 'GET', query: { cors: '' } })).code, 'NoSuchCORSConfiguration');
    assert.doesNotMatch((await s3.call({ method: 'GET', bucket: '' })).body.toString(), /new-bucket/);
  }

  test('is refused in every call, as a header or as a parameter, and nothing changes', async () => {
    for (const [name, call] of Object.entries(calls)) {
      for (const [header, value] of Object.entries(UNKNOWN_HEADERS)) {
        const asHeader = await s3.call({ ...call, headers: { ...call.headers, [header]: value } });
        assert.equal(asHeader.status, 501, `${name} with ${header}`);
        const asParameter = await s3.call({ ...call, query: { ...call.query, [header]: value } });
        assert.equal(asParameter.status, 501, `${name} with ?${header}`);
      }
      const { status } = await s3.call({ ...call, query: { ...call.query, 'of-tomorrow': '' } });
      assert.equal(status, 501, `${name} with ?of-tomorrow`);
      const foreign = { ...call.headers, 'x-amz-expected-bucket-owner': '123456789012' };
      assert.equal((await s3.call({ ...call, headers: foreign })).status, 403, name);
    }
    await assertUnchanged();
  });

  test('is accepted where it says what holds anyway, or is a note of the sender', async () => {
    const headers = { 'x-amz-acl': 'private', 'x-amz-storage-class': 'STANDARD', 'x-amz-request-payer': 'requester' };
    const owned = { ...headers, 'x-amz-expected-bucket-owner': 'darkslide' };
    const query = { 'x-id': 'PutObject', 'x-note': 'of ours' };
    const put = await s3.call({ method: 'PUT', key: 'standing', body: 'as it was', headers: owned, query });
    assert.equal(put.status, 200, put.body.toString());
    assert.match((await s3.call({ method: 'GET', bucket: '' })).body.toString(), /<Owner><ID>darkslide</);
    const put2 = (more: Record<string, string>) => s3.put('standing', 'x', more);
    assert.equal((await put2({ 'x-amz-acl': 'public-read' })).code, 'AccessControlListNotSupported');
    assert.equal((await put2({ 'x-amz-storage-class': 'GLACIER' })).code, 'InvalidStorageClass');
    await assertUnchanged();
  });

  test('is refused as a condition of a write, too', async () => {
    for (const name of ['PutObject', 'CopyObject', 'UploadPart', 'DeleteObject', 'CompleteMultipartUpload']) {
      const { headers, ...call } = calls[name] as Call;
      const past = new Date(0).toUTCString();
      const answer = await s3.call({ ...call, headers: { ...headers, 'if-unmodified-since': past } });
      assert.equal(answer.code, 'NotImplemented', name);
    }
    await assertUnchanged();
  });

  test('has the same effect in a link as in a header, where the link signs it', async () => {
    const link = s3.link({
      method: 'PUT',
      key: 'linked',
      query: { 'x-amz-checksum-sha256': 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' },
    });
    assert.equal((await send({ method: 'PUT', url: link, body: 'other' })).code, 'BadDigest');
    assert.equal((await send({ method: 'PUT', url: link, body: 'test' })).status, 200);
    const once = s3.link({ method: 'PUT', key: 'linked', query: { 'x-amz-tagging': 'a=b' } });
    assert.equal((await send({ method: 'PUT', url: once, body: 'test' })).status, 501);
    await s3.delete('linked');
  });
});

describe('a link', () => {
  test('takes no header that changes what a download brings, unless it signed it', async () => {
    await during(startTestStore(), async (running) => {
      const { s3 } = running;
      const sent = {
        'cache-control': 'max-age=31536000',
        'content-disposition': 'attachment',
        'content-encoding': 'gzip',
        'content-language': 'de',
        expires: new Date(4e12).toUTCString(),
      };
      await send({ method: 'PUT', url: s3.link({ method: 'PUT', key: 'a' }), headers: sent, body: 'no gzip' });
      const got = await s3.get('a');
      assert.equal(got.body.toString(), 'no gzip');
      for (const name of Object.keys(sent)) assert.equal(got.headers[name], undefined, name);
      await send({ method: 'PUT', url: s3.link({ method: 'PUT', key: 'b', headers: sent }), headers: sent, body: 'x' });
      for (const [name, value] of Object.entries(sent)) assert.equal((await s3.head('b')).headers[name], value, name);
    });
  });

  test('shows a page of the store as nothing that runs', async () => {
    await during(startTestStore(), async (running) => {
      const { s3 } = running;
      const url = (method: string) => s3.link({ method, key: 'page' });
      await send({ method: 'PUT', url: url('PUT'), headers: { 'content-type': 'text/html' }, body: '<script>' });
      for (const method of ['GET', 'HEAD']) {
        const { headers } = await send({ method, url: url(method) });
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none'$/);
      }
    });
  });
});
