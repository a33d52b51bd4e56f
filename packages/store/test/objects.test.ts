import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createChecksum, signRequest } from '@darkslide/s3wire';
import fc from 'fast-check';
import { BUCKET, CREDENTIALS, REGION, type S3Client, send } from './support/s3-client.ts';
import { blobFiles, startTestStore, type TestStore } from './support/test-store.ts';

const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('hex');

describe('objects', () => {
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
  });
  after(() => running[Symbol.asyncDispose]());

  // Around a read, a buffer and a block of MD5.
  for (const size of [0, 1, 63, 64, 65, 32_768, 32_769, 262_143, 262_144, 262_145, 1_500_000]) {
    test(`an object of ${size} bytes comes back byte for byte, under the MD5 of its bytes`, async () => {
      const body = randomBytes(size);
      const put = await s3.put(`size-${size}`, body);
      assert.equal(put.status, 200);
      assert.equal(put.headers.etag, `"${md5(body)}"`);
      const got = await s3.get(`size-${size}`);
      assert.ok(got.body.equals(body));
      assert.equal(got.headers.etag, put.headers.etag);
      const head = await s3.head(`size-${size}`);
      assert.equal(head.headers['content-length'], String(size));
      assert.equal(head.body.length, 0);
    });
  }

  test('what a client said of an object is told again', async () => {
    const headers = {
      'content-type': 'image/x-nikon-nef',
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="a.NEF"',
      'content-encoding': 'aws-chunked,gzip',
      'content-language': 'de',
      'x-amz-meta-camera': 'Nikon Z9',
    };
    await s3.put('described', 'x', headers);
    const { headers: told } = await s3.head('described');
    assert.deepEqual(Object.fromEntries(Object.keys(headers).map((name) => [name, told[name]])), {
      ...headers,
      'content-encoding': 'gzip',
    });
    assert.equal((await s3.put('plain', 'x')).status, 200);
    assert.equal((await s3.head('plain')).headers['content-type'], 'binary/octet-stream');
  });

  test('metadata may have 2048 bytes and no more', async () => {
    const value = 'v'.repeat(2048 - 'note'.length);
    assert.equal((await s3.put('meta', 'x', { 'x-amz-meta-note': value })).status, 200);
    const refused = await s3.put('meta', 'x', { 'x-amz-meta-note': `${value}v` });
    assert.equal(refused.code, 'MetadataTooLarge');
  });

  test('any key keeps its own bytes, and none of them is a path', async () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
      fc.constantFrom(
        '../../etc/passwd',
        '..',
        '.',
        '/',
        '//',
        'a/../b',
        'a\\b',
        '%2e%2e',
        'a?b#c',
        ' ',
        'é',
        'e\u0301',
        '\u0000',
      ),
    );
    const kept = new Map<string, Buffer>();
    await fc.assert(
      fc.asyncProperty(key, async (name) => {
        fc.pre(Buffer.byteLength(name) <= 1024 && name.isWellFormed());
        const body = Buffer.from(`content of ${encodeURIComponent(name)}`);
        const put = await send({ method: 'PUT', url: s3.link({ method: 'PUT', key: name }), body });
        assert.equal(put.status, 200, put.body.toString());
        kept.set(name, body);
      }),
      { numRuns: 150 },
    );
    for (const [name, body] of kept) {
      const got = await send({ method: 'GET', url: s3.link({ method: 'GET', key: name }) });
      assert.ok(got.body.equals(body), name);
    }
    for (const blob of blobFiles(running.dataDir)) assert.match(blob, /^[0-9a-f]{2}\/[0-9a-z]+-[0-9a-z]+$/);
  });

  test('a key may have 1024 bytes and no more', async () => {
    assert.equal((await s3.put(`${'é'.repeat(511)}ab`, 'x')).status, 200);
    const refused = await s3.put(`${'é'.repeat(511)}abc`, 'x');
    assert.equal(refused.status, 400);
    assert.equal(refused.code, 'KeyTooLongError');
  });

  test('ranges answer just the bytes asked for', async () => {
    const body = randomBytes(1000);
    await s3.put('ranged', body);
    await fc.assert(
      fc.asyncProperty(fc.nat(1200), fc.nat(1200), async (first, last) => {
        const got = await s3.get('ranged', { range: `bytes=${first}-${last}` });
        if (last < first) {
          assert.equal(got.status, 200);
          assert.equal(got.body.length, 1000);
        } else if (first >= 1000) {
          assert.equal(got.status, 416);
          assert.equal(got.code, 'InvalidRange');
        } else {
          assert.equal(got.status, 206);
          assert.ok(got.body.equals(body.subarray(first, last + 1)));
          assert.equal(got.headers['content-range'], `bytes ${first}-${Math.min(last, 999)}/1000`);
        }
      }),
      { numRuns: 60 },
    );
    assert.ok((await s3.get('ranged', { range: 'bytes=-10' })).body.equals(body.subarray(990)));
    assert.ok((await s3.get('ranged', { range: 'bytes=990-' })).body.equals(body.subarray(990)));
    assert.equal((await s3.get('ranged', { range: 'bytes=-0' })).status, 416);
    assert.equal((await s3.get('ranged', { range: 'bytes=0-1,5-6' })).status, 200);
  });

  test('response- parameters choose headers of the answer', async () => {
    await s3.put('overridden', 'x', { 'content-type': 'image/jpeg' });
    const query = { 'response-content-type': 'text/plain', 'response-content-disposition': 'attachment' };
    const { headers } = await s3.get('overridden', {}, query);
    assert.equal(headers['content-type'], 'text/plain');
    assert.equal(headers['content-disposition'], 'attachment');
    const split = await s3.get('overridden', {}, { 'response-content-type': 'a\r\nset-cookie: b' });
    assert.equal(split.code, 'InvalidArgument');
  });

  test('conditions on reading', async () => {
    const { headers } = await s3.put('conditional', 'x');
    const etag = String(headers.etag);
    const past = new Date(Date.now() - 60_000).toUTCString();
    const future = new Date(Date.now() + 60_000).toUTCString();
    const statusOf = async (conditions: Record<string, string>) => (await s3.get('conditional', conditions)).status;
    assert.equal(await statusOf({ 'if-match': etag }), 200);
    assert.equal(await statusOf({ 'if-match': '"other"' }), 412);
    assert.equal(await statusOf({ 'if-none-match': etag }), 304);
    assert.equal(await statusOf({ 'if-none-match': '"other"' }), 200);
    assert.equal(await statusOf({ 'if-modified-since': past }), 200);
    assert.equal(await statusOf({ 'if-modified-since': future }), 304);
    assert.equal(await statusOf({ 'if-unmodified-since': past }), 412);
    assert.equal(await statusOf({ 'if-match': etag, 'if-unmodified-since': past }), 200);
    assert.equal(await statusOf({ 'if-none-match': '"other"', 'if-modified-since': future }), 200);
  });

  test('conditions on writing', async () => {
    const first = await s3.put('created-once', 'first', { 'if-none-match': '*' });
    assert.equal(first.status, 200);
    const second = await s3.put('created-once', 'second', { 'if-none-match': '*' });
    assert.equal(second.status, 412);
    assert.equal(second.code, 'PreconditionFailed');
    assert.equal((await s3.put('created-once', 'third', { 'if-match': '"other"' })).status, 412);
    assert.equal((await s3.get('created-once')).body.toString(), 'first');
    assert.equal((await s3.put('created-once', 'fourth', { 'if-match': String(first.headers.etag) })).status, 200);
    assert.equal((await s3.get('created-once')).body.toString(), 'fourth');
    assert.equal((await s3.put('never', 'x', { 'if-match': '"any"' })).code, 'NoSuchKey');
    const standing = String((await s3.head('created-once')).headers.etag);
    assert.equal((await s3.put('created-once', 'fifth', { 'if-none-match': standing })).status, 412);
    assert.equal((await s3.put('created-once', 'fifth', { 'if-none-match': '"other"' })).status, 200);
    const both = { 'if-none-match': '"other"', 'if-match': '*' };
    assert.equal((await s3.put('created-once', 'x', both)).code, 'NotImplemented');
    assert.equal((await s3.get('created-once')).body.toString(), 'fifth');
  });

  test('of many who create one key at once, one succeeds', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => s3.put('raced', `from ${index}`, { 'if-none-match': '*' })),
    );
    const winners = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []));
    assert.equal(winners.length, 1);
    assert.equal((await s3.get('raced')).body.toString(), `from ${winners[0]}`);
  });

  test('Content-MD5 is compared', async () => {
    const body = randomBytes(100_000);
    const right = createHash('md5').update(body).digest('base64');
    assert.equal((await s3.put('md5', body, { 'content-md5': right })).status, 200);
    const wrong = await s3.put('md5', 'something else', { 'content-md5': right });
    assert.equal(wrong.code, 'BadDigest');
    assert.ok((await s3.get('md5')).body.equals(body));
    assert.equal((await s3.put('md5', body, { 'content-md5': 'not base64 of 16 bytes' })).code, 'InvalidDigest');
  });

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    test(`${algorithm} is compared, kept and told`, async () => {
      const body = randomBytes(300_000);
      const checksum = await createChecksum(algorithm);
      checksum.update(body);
      const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
      const value = checksum.digest();
      const put = await s3.put('summed', body, { [name]: value });
      assert.equal(put.status, 200, put.body.toString());
      assert.equal(put.headers[name], value);
      const head = await s3.head('summed', { 'x-amz-checksum-mode': 'ENABLED' });
      assert.equal(head.headers[name], value);
      assert.equal((await s3.head('summed')).headers[name], undefined);
      const ranged = await s3.get('summed', { 'x-amz-checksum-mode': 'ENABLED', range: 'bytes=0-9' });
      assert.equal(ranged.headers[name], undefined);
      assert.equal((await s3.put('summed', 'other', { [name]: value })).code, 'BadDigest');
      assert.equal((await s3.put('summed', body, { [name]: 'AAAA' })).code, 'InvalidRequest');
      assert.ok((await s3.get('summed')).body.equals(body));
    });
  }

  test('a signed SHA-256 of the body is compared', async () => {
    const { url } = s3.sign({ method: 'PUT', key: 'hashed' });
    const payloadHash = createHash('sha256').update('signed').digest('hex');
    const headers = signRequest({
      method: 'PUT',
      url,
      headers: {},
      credentials: CREDENTIALS,
      region: REGION,
      now: new Date(),
      payloadHash,
    });
    assert.equal((await send({ url, method: 'PUT', headers, body: 'signed' })).status, 200);
    assert.equal((await send({ url, method: 'PUT', headers, body: 'forged' })).code, 'XAmzContentSHA256Mismatch');
    assert.equal((await s3.get('hashed')).body.toString(), 'signed');
  });

  test('deleting ends an object, and deleting nothing succeeds', async () => {
    await s3.put('doomed', 'x');
    assert.equal((await s3.delete('doomed')).status, 204);
    const got = await s3.get('doomed');
    assert.equal(got.status, 404);
    assert.equal(got.code, 'NoSuchKey');
    assert.equal((await s3.delete('doomed')).status, 204);
  });

  test('many objects are deleted by one request', async () => {
    const keys = ['many/a', 'many/b & <c>', 'many/none'];
    await s3.put('many/a', 'x');
    await s3.put('many/b & <c>', 'x');
    const body =
      '<Delete><Object><Key>many/a</Key></Object><Object><Key>many/b &amp; &lt;c&gt;</Key></Object><Object><Key>many/none</Key></Object></Delete>';
    const answer = await s3.call({ method: 'POST', query: { delete: '' }, body });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString().split('<Deleted>').length - 1, keys.length);
    for (const key of keys) assert.equal((await s3.get(key)).status, 404);
    const tooMany = `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`;
    assert.equal((await s3.call({ method: 'POST', query: { delete: '' }, body: tooMany })).code, 'MalformedXML');
  });

  test('a copy shares the bytes and outlives its source', async () => {
    const body = randomBytes(300_000);
    await s3.put('source', body, { 'content-type': 'image/jpeg' });
    const bytesStored = () =>
      blobFiles(running.dataDir).reduce((sum, blob) => sum + statSync(join(running.dataDir, 'blobs', blob)).size, 0);
    const before = bytesStored();
    const copied = await s3.put('copy', '', { 'x-amz-copy-source': `/${BUCKET}/source` });
    assert.equal(copied.status, 200, copied.body.toString());
    const onto = {
      'x-amz-copy-source': `${BUCKET}/source`,
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-meta-a': 'b',
    };
    assert.equal((await s3.put('source', '', onto)).status, 200);
    assert.equal((await s3.head('source')).headers['x-amz-meta-a'], 'b');
    assert.ok(bytesStored() - before < 10_000, 'copies say only whose bytes they have');
    await s3.delete('source');
    const got = await s3.get('copy');
    assert.ok(got.body.equals(body));
    assert.equal(got.headers['content-type'], 'image/jpeg');
  });

  test('an object that is replaced while it is read is read whole', async () => {
    const old = randomBytes(8_000_000);
    await s3.put('replaced', old);
    const { url, headers } = s3.sign({ method: 'GET', key: 'replaced' });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers, agent: false }, resolve).on('error', reject);
    });
    // The first bytes have come; the rest is read from disk after the object is gone.
    await s3.put('replaced', 'new');
    await s3.delete('replaced');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(old));
  });

  test('buckets are made, found, listed and removed', async () => {
    assert.equal((await s3.call({ method: 'PUT', bucket: 'second-bucket' })).status, 200);
    assert.equal((await s3.call({ method: 'PUT', bucket: 'second-bucket' })).code, 'BucketAlreadyOwnedByYou');
    assert.equal((await s3.call({ method: 'PUT', bucket: 'No_Bucket' })).code, 'InvalidBucketName');
    assert.equal((await s3.call({ method: 'HEAD', bucket: 'second-bucket' })).status, 200);
    assert.equal((await s3.call({ method: 'HEAD', bucket: 'third-bucket' })).status, 404);
    assert.match(
      (await s3.call({ method: 'GET', bucket: '' })).body.toString(),
      /<Name>photos<\/Name>.*second-bucket/s,
    );
    for (const name of ['location', 'versioning']) {
      assert.equal((await s3.call({ method: 'GET', bucket: 'second-bucket', query: { [name]: '' } })).status, 200);
    }
    await s3.call({ method: 'PUT', bucket: 'second-bucket', key: 'x', body: 'x' });
    assert.equal((await s3.call({ method: 'DELETE', bucket: 'second-bucket' })).code, 'BucketNotEmpty');
    await s3.call({ method: 'DELETE', bucket: 'second-bucket', key: 'x' });
    assert.equal((await s3.call({ method: 'DELETE', bucket: 'second-bucket' })).status, 204);
    assert.equal((await s3.call({ method: 'PUT', bucket: 'second-bucket', key: 'x', body: 'x' })).code, 'NoSuchBucket');
  });
});
