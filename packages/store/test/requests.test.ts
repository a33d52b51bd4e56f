import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { signRequest } from '@darkslide/s3wire';
import { answerOf, BUCKET, CREDENTIALS, REGION, type S3Client, send } from './support/s3-client.ts';
import { blobFiles, startTestStore, type TestStore, until } from './support/test-store.ts';

describe('requests that are not to be served', () => {
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore({
      limits: {
        idleTimeoutMs: 200,
        headersTimeoutMs: 300,
        minProgress: { bytes: 1000, windowMs: 400 },
        maxXmlBytes: 5000,
      },
    });
    s3 = running.s3;
    await s3.put('standing', 'as it was');
  });
  after(() => running[Symbol.asyncDispose]());

  /** Nothing may be left of a refused write, on disk or in the listing. */
  async function assertNothingKept(): Promise<void> {
    assert.equal((await s3.get('standing')).body.toString(), 'as it was');
    assert.equal((await s3.list()).KeyCount, '1');
    await until(() => blobFiles(running.dataDir).length === 1);
    const expected = ['blobs', 'index.sqlite', 'index.sqlite-shm', 'index.sqlite-wal', 'lock'];
    assert.deepEqual(readdirSync(running.dataDir).sort(), expected);
  }

  /** Opens a connection, writes the head of a signed PUT, and returns the socket and all that comes back. */
  async function openPut(key: string, headers: Record<string, string>) {
    const signed = s3.sign({ method: 'PUT', key, headers });
    const url = new URL(signed.url);
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const answer = once(socket, 'close').then(() => text);
    return { socket, answer };
  }

  const minutes = (count: number) => new Date(Date.now() + count * 60_000);

  test('a clock that is off by more than 15 minutes', async () => {
    for (const off of [-16, 16]) {
      const answer = await s3.call({ method: 'PUT', key: 'standing', body: 'x', now: minutes(off) });
      assert.equal(answer.status, 403);
      assert.equal(answer.code, 'RequestTimeTooSkewed');
    }
    assert.equal((await s3.call({ method: 'GET', key: 'standing', now: minutes(-14) })).status, 200);
    await assertNothingKept();
  });

  test('a link that has expired, was changed, or was signed with another key', async () => {
    const expired = s3.link({ method: 'PUT', key: 'standing', now: minutes(-10), expiresIn: 60 });
    const late = await send({ method: 'PUT', url: expired, body: 'x' });
    assert.equal(late.status, 403);
    assert.equal(late.code, 'AccessDenied');
    const link = s3.link({ method: 'PUT', key: 'standing' });
    for (const tampered of [
      link.replace('/standing?', '/other?'),
      link.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      link.replace(/(?<=X-Amz-Signature=)./, (digit) => (digit === '0' ? '1' : '0')),
      `${link}&partNumber=1`,
      `${link}&x-amz-meta-a=b`,
    ]) {
      const answer = await send({ method: 'PUT', url: tampered, body: 'x' });
      assert.equal(answer.status, 403);
      assert.equal(answer.code, 'SignatureDoesNotMatch');
    }
    assert.equal((await send({ method: 'DELETE', url: link })).code, 'SignatureDoesNotMatch');
    const unknown = link.replace(CREDENTIALS.accessKeyId, 'NOBODY');
    assert.equal((await send({ method: 'PUT', url: unknown, body: 'x' })).code, 'InvalidAccessKeyId');
    assert.equal((await send({ method: 'GET', url: s3.url({ key: 'standing' }) })).code, 'AccessDenied');
    await assertNothingKept();
  });

  test('a link signed with an empty content type takes none, an empty one, and no other', async () => {
    const url = s3.link({ method: 'PUT', key: 'standing', headers: { 'content-type': '' } });
    const put = (headers: Record<string, string>) => send({ method: 'PUT', url, headers, body: 'as it was' });
    assert.equal((await put({})).status, 200);
    assert.equal((await put({ 'content-type': '' })).status, 200);
    const typed = await put({ 'content-type': 'image/jpeg' });
    assert.equal(typed.status, 403);
    assert.equal(typed.code, 'SignatureDoesNotMatch');
    await assertNothingKept();
  });

  test('a body without a declared length', async () => {
    const { url, headers } = s3.sign({ method: 'PUT', key: 'x' });
    const request = httpRequest(url, { method: 'PUT', headers: { ...headers, 'transfer-encoding': 'chunked' } });
    const answer = answerOf(request);
    request.end('bytes of some number');
    assert.equal((await answer).status, 411);
    assert.equal((await answer).code, 'MissingContentLength');
    await assertNothingKept();
  });

  test('a body over the limit is refused before it is sent', async () => {
    const { socket, answer } = await openPut('x', {
      'content-length': String(5 * 1024 ** 3 + 1),
      expect: '100-continue',
    });
    const text = await answer;
    assert.match(text, /^HTTP\/1\.1 400 .*EntityTooLarge/s);
    socket.destroy();
    await assertNothingKept();
  });

  test('a bad signature is refused before the body is invited, a good one is invited', async () => {
    const headers = { expect: '100-continue', 'content-length': '9', connection: 'close' };
    const good = await openPut('standing', headers);
    const [invitation] = await once(good.socket, 'data');
    assert.match(invitation, /^HTTP\/1\.1 100 Continue/);
    good.socket.write('as it was');
    assert.match(await good.answer, /HTTP\/1\.1 200/);

    const { url } = s3.sign({ method: 'PUT', key: 'standing' });
    const request = httpRequest(url, {
      method: 'PUT',
      headers: { ...headers, authorization: 'AWS4-HMAC-SHA256 nonsense' },
    });
    request.on('continue', () => assert.fail('the body was invited'));
    request.flushHeaders();
    const answer = await answerOf(request);
    assert.equal(answer.code, 'AuthorizationHeaderMalformed');
    request.destroy();
    await assertNothingKept();
  });

  test('a client that leaves before its body is over', async () => {
    const { socket } = await openPut('standing', { 'content-length': '1000000' });
    socket.write(randomBytes(600_000));
    // The store has begun to write when the blob's file is there.
    await until(() => blobFiles(running.dataDir).length === 2);
    socket.destroy();
    await assertNothingKept();
  });

  test('a client that half-closes before its body is over', async () => {
    const { socket } = await openPut('standing', { 'content-length': '1000' });
    socket.end('too little');
    await once(socket, 'close');
    await assertNothingKept();
  });

  test('a body that is longer than declared', async () => {
    const { socket, answer } = await openPut('standing', { 'content-length': '9' });
    socket.write('overlong and more');
    assert.match(await answer, /^HTTP\/1\.1 400 .*BadRequest/s);
    await assertNothingKept();
  });

  test('a body that stalls, or trickles', async () => {
    const stalled = await openPut('standing', { 'content-length': '1000' });
    stalled.socket.write('some');
    assert.match(await stalled.answer, /^HTTP\/1\.1 400 .*RequestTimeout/s);

    const trickling = await openPut('standing', { 'content-length': '100000' });
    const timer = setInterval(() => trickling.socket.write('.'), 20);
    assert.match(await trickling.answer, /^HTTP\/1\.1 400 .*RequestTimeout/s);
    clearInterval(timer);
    await assertNothingKept();
  });

  test('headers that never end', async () => {
    const { port, hostname } = new URL(running.store.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 400 .*RequestTimeout/s);
    socket.destroy();
  });

  test('what is not HTTP', async () => {
    const { port, hostname } = new URL(running.store.url);
    const socket = connect(Number(port), hostname);
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  test('an aws-chunked body of another length than declared, or with a wrong trailer', async () => {
    const put = (body: string, decodedLength: number) => {
      const url = s3.url({ key: 'standing' });
      const headers = signRequest({
        method: 'PUT',
        url,
        headers: {
          'x-amz-decoded-content-length': String(decodedLength),
          'x-amz-trailer': 'x-amz-checksum-crc32',
          'content-encoding': 'aws-chunked',
        },
        credentials: CREDENTIALS,
        region: REGION,
        now: new Date(),
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      });
      return send({ url, method: 'PUT', headers, body });
    };
    const framed = (text: string, crc: string) =>
      `${text.length.toString(16)}\r\n${text}\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
    assert.equal((await put(framed('as it was', 'l6fSCg=='), 9)).code, 'BadDigest');
    assert.equal((await put(framed('as it was', 'AAAAAA=='), 10)).code, 'IncompleteBody');
    assert.equal((await put(framed('as it was', 'AAAAAA=='), 8)).code, 'IncompleteBody');
    assert.equal((await put(framed('as it was', 'no'), 9)).code, 'InvalidRequest');
    assert.equal((await put('not framed\r\n', 9)).code, 'InvalidRequest');
    await assertNothingKept();
  });

  test('subresources and features that are not served are not passed over', async () => {
    for (const name of ['acl', 'tagging', 'retention', 'versionId', 'policy', 'restore']) {
      const answer = await s3.call({ method: 'PUT', key: 'standing', query: { [name]: '' }, body: 'x' });
      assert.equal(answer.status, 501, name);
      assert.equal(answer.code, 'NotImplemented');
    }
    for (const name of ['x-amz-server-side-encryption', 'x-amz-tagging', 'x-amz-object-lock-mode']) {
      assert.equal((await s3.put('standing', 'x', { [name]: 'AES256' })).code, 'NotImplemented');
    }
    assert.equal((await s3.call({ method: 'POST', key: 'standing' })).code, 'MethodNotAllowed');
    assert.equal((await s3.call({ method: 'DELETE', bucket: '' })).code, 'MethodNotAllowed');
    await assertNothingKept();
  });

  test('XML that is too long, or none, or dangerous', async () => {
    const post = (body: string) => s3.call({ method: 'POST', query: { delete: '' }, body });
    const long = `<Delete>${' '.repeat(5000)}</Delete>`;
    assert.equal((await post(long)).code, 'MaxMessageLengthExceeded');
    assert.equal((await post('')).code, 'MalformedXML');
    assert.equal((await post('<Delete><Object><Key>a</Key></Object>')).code, 'MalformedXML');
    assert.equal((await post('<!DOCTYPE a><Delete><Object><Key>a</Key></Object></Delete>')).code, 'MalformedXML');
    await assertNothingKept();
  });

  test('targets that are not a URI', async () => {
    const { port, hostname } = new URL(running.store.url);
    for (const path of [`/${BUCKET}/%zz`, `/${BUCKET}/%ff`, 'http://x/y']) {
      const request = httpRequest({ hostname, port, path });
      request.end();
      assert.equal((await answerOf(request)).code, 'InvalidURI', path);
    }
  });

  test('every error says which request it was, and what of', async () => {
    const answer = await s3.get('none');
    const text = answer.body.toString();
    assert.match(text, new RegExp(`<RequestId>${answer.headers['x-amz-request-id']}</RequestId>`));
    assert.match(text, new RegExp(`<Resource>/${BUCKET}/none</Resource>`));
    assert.match(text, /<HostId>.+<\/HostId>/);
    assert.equal(answer.headers['content-type'], 'application/xml');
  });

  test('the log has the requests without their queries', async () => {
    const link = s3.link({ method: 'GET', key: 'standing' });
    await send({ method: 'GET', url: link });
    await running.entry('request');
    assert.doesNotMatch(JSON.stringify(running.entries), /X-Amz|Credential|STORETEST/);
  });
});
