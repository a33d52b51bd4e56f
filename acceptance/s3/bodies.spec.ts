import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { connect, Darkslide, photoBytes, request } from '@darkslide/testkit';
import { newBucket, presign, s3Client, s3Code } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);

const linkTo = (Key: string) => presign(target, new PutObjectCommand({ Bucket, Key }));
const head = (link: string, headers: readonly string[]) => {
  const { pathname, search, host } = new URL(link);
  return `${[`PUT ${pathname}${search} HTTP/1.1`, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`;
};
const read = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const isThere = (Key: string) =>
  s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

describe('a body', () => {
  it('that ends early leaves the old object, or none [L8.11]', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'old', Body: 'old' }));
    for (const Key of ['old', 'none']) {
      for (const ending of ['close', 'reset'] as const) {
        const connection = await connect(target.s3.endpoint);
        await connection.send(head(await linkTo(Key), ['Content-Length: 1000000']));
        await connection.send(photoBytes({ seed: 1, size: 400_000 }));
        connection[ending]();
      }
    }
    // Later requests are answered after the broken ones were dealt with.
    for (let count = 0; count < 20; count++) {
      assert.equal(await read('old'), 'old');
      assert.equal(await isThere('none'), false);
    }
  });

  it('that is longer than declared is cut at its length, and the rest is not a request [L8.11]', async () => {
    const connection = await connect(target.s3.endpoint);
    await connection.send(`${head(await linkTo('longer'), ['Content-Length: 5'])}12345`);
    await connection.send('67890 and more\r\n\r\n');
    const answers = await connection.receive();
    // The rest may be refused as a request before the body is synced; then the client gets that response.
    assert.match(answers, /^HTTP\/1\.1 (200|400) /);
    if (await isThere('longer')) assert.equal(await read('longer'), '12345');
    else assert.doesNotMatch(answers, /HTTP\/1\.1 200/);
    assert.ok((answers.match(/HTTP\/1\.1 200/g) ?? []).length <= 1, 'one answer to one request');
  });

  it('without a length is refused [L8.11]', async () => {
    const connection = await connect(target.s3.endpoint);
    await connection.send(head(await linkTo('lengthless'), ['Connection: close']));
    assert.match(await connection.receive(), /^HTTP\/1\.1 411 [\s\S]*MissingContentLength/);
    const chunked = await connect(target.s3.endpoint);
    await chunked.send(
      `${head(await linkTo('lengthless'), ['Transfer-Encoding: chunked', 'Connection: close'])}1\r\nx\r\n0\r\n\r\n`,
    );
    assert.match(await chunked.receive(), /^HTTP\/1\.1 (411|501) /);
    assert.equal(await isThere('lengthless'), false);
  });

  it('with a length that makes no sense is refused [L8.11]', async () => {
    for (const length of ['-1', 'x', '1e3', '0x10', '99999999999999999999999']) {
      const connection = await connect(target.s3.endpoint);
      await connection.send(`${head(await linkTo('odd'), [`Content-Length: ${length}`, 'Connection: close'])}x`);
      assert.match(await connection.receive(), /^HTTP\/1\.1 4\d\d /, length);
    }
    const twice = await connect(target.s3.endpoint);
    await twice.send(`${head(await linkTo('odd'), ['Content-Length: 1', 'Content-Length: 2'])}xy`);
    assert.match(await twice.receive(), /^HTTP\/1\.1 4\d\d /);
    assert.equal(await isThere('odd'), false);
  });

  it('over 5 GiB is refused before it is sent [L8.11]', async () => {
    const connection = await connect(target.s3.endpoint);
    const length = 5 * 1024 ** 3 + 1;
    await connection.send(head(await linkTo('giant'), [`Content-Length: ${length}`, 'Connection: close']));
    const answer = await connection.receive({ until: (text) => text.includes('</Error>') });
    connection.close();
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.equal(s3Code(answer), 'EntityTooLarge');
  });

  it('is asked for before it is sent, where the client waits [L8.2]', async () => {
    const connection = await connect(target.s3.endpoint);
    await connection.send(head(await linkTo('expected'), ['Content-Length: 5', 'Expect: 100-continue']));
    await connection.receive({ until: (text) => text.includes('100 Continue') });
    await connection.send('hello');
    const answer = await connection.receive({ until: (text) => text.includes('HTTP/1.1 200') });
    assert.match(answer, /HTTP\/1\.1 200/);
    connection.close();
    assert.equal(await read('expected'), 'hello');
    const refused = await connect(target.s3.endpoint);
    const link = (await linkTo('expected')).replace(/X-Amz-Signature=\w+/, `X-Amz-Signature=${'0'.repeat(64)}`);
    await refused.send(head(link, ['Content-Length: 5', 'Expect: 100-continue']));
    assert.match(await refused.receive({ until: (text) => text.includes('</Error>') }), /^HTTP\/1\.1 403/);
    refused.close();
  });

  it('on a kept connection is followed by the next request [L8.11]', async () => {
    const connection = await connect(target.s3.endpoint);
    for (let count = 1; count <= 3; count++) {
      await connection.send(`${head(await linkTo(`kept-${count}`), ['Content-Length: 1'])}${count}`);
      await connection.receive({ until: (text) => (text.match(/HTTP\/1\.1 200/g) ?? []).length === count });
    }
    connection.close();
    assert.deepEqual(await Promise.all([1, 2, 3].map((count) => read(`kept-${count}`))), ['1', '2', '3']);
  });
});

describe('a slow client', () => {
  it('does not keep others waiting [L8.12]', async () => {
    const crowd = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const connection = await connect(target.s3.endpoint);
        await connection.send(head(await linkTo(`slow-${index}`), ['Content-Length: 1000']));
        return connection;
      }),
    );
    for (const connection of crowd) await connection.send('x');
    const answer = await request({ url: await linkTo('quick'), method: 'PUT', body: 'quick' });
    assert.equal(answer.status, 200);
    for (const connection of crowd) await connection.send('x');
    for (const connection of crowd) connection.reset();
    assert.equal(await isThere('slow-0'), false);
  });

  it('that goes silent is cut off in the end, in headers and in the body [L8.12]', { timeout: 240_000 }, async () => {
    const silent = await connect(target.s3.endpoint);
    await silent.send('PUT /x HTTP/1.1\r\nHost: x\r\nX-Half:');
    const stalled = await connect(target.s3.endpoint);
    await stalled.send(`${head(await linkTo('stalled'), ['Content-Length: 1000'])}x`);
    await Promise.all([silent.receive({ timeoutMs: 220_000 }), stalled.receive({ timeoutMs: 220_000 })]);
    assert.equal(await isThere('stalled'), false);
  });
});

describe('the data folder', () => {
  it('is all that a store writes to, whatever the keys, and holds nothing of broken bodies [L8.5, L8.11]', async () => {
    const server = await Darkslide.start();
    try {
      const own = { ...target, s3: server.s3 };
      const client = s3Client(own);
      for (const Key of ['../escape', '../../escape', '/escape', 'a/../../../escape', '..\\escape']) {
        await client.send(new PutObjectCommand({ Bucket: server.s3.bucket, Key, Body: 'x' }));
      }
      for (const up of ['..', '../..']) {
        const names: string[] = await readdir(join(server.dataDir, up)).catch(() => []);
        assert.ok(!names.includes('escape'), up);
      }
      assert.ok(!(await readdir(server.dataDir, { recursive: true })).some((name) => /(^|\/)escape$/.test(name)));

      const files = async () => (await readdir(server.dataDir, { recursive: true })).length;
      const before = await files();
      for (let count = 0; count < 10; count++) {
        const link = await presign(own, new PutObjectCommand({ Bucket: server.s3.bucket, Key: `broken-${count}` }));
        const connection = await connect(server.s3.endpoint);
        await connection.send(head(link, ['Content-Length: 1000000']));
        await connection.send(photoBytes({ seed: count, size: 500_000 }));
        connection.reset();
      }
      const deadline = Date.now() + 20_000;
      while ((await files()) > before && Date.now() < deadline) await sleep(100);
      assert.ok((await files()) <= before, 'nothing is left of what ended early');
    } finally {
      await server.remove();
    }
  });
});
