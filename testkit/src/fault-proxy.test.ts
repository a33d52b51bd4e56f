import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { FaultProxy } from './fault-proxy.ts';
import { errorInside200, type Fault, slowDown, tooManyRequests } from './faults.ts';
import { connect, request } from './http-client.ts';
import { listen } from './ports.ts';

type Seen = { method: string; url: string; rawHeaders: string[]; body: Buffer };

describe('fault proxy', () => {
  const seen: Seen[] = [];
  const target = http.createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', rawHeaders } = incoming;
    seen.push({ method, url, rawHeaders, body: Buffer.concat(chunks) });
    outgoing.writeHead(200, { ETag: '"right"', 'X-Odd-CASE': 'kept' });
    outgoing.end('x'.repeat(1000));
  });
  let proxy: FaultProxy;

  before(() => listen(target));
  after(() => target.close());
  beforeEach(async () => {
    seen.length = 0;
    const { port } = target.address() as { port: number };
    proxy = await FaultProxy.start({ target: `http://127.0.0.1:${port}`, seed: 7 });
  });
  afterEach(() => proxy.close());

  const put = (options: { path?: string; body?: string; headers?: Record<string, string> } = {}) => {
    const { path = '/photo', body = 'y'.repeat(500_000), headers = {} } = options;
    return request({ url: proxy.url + path, method: 'PUT', headers, body });
  };

  it('forwards target, headers and bytes as they are', async () => {
    const headers = { 'X-Odd-CASE': 'a  b', 'Content-Type': '' };
    const answer = await request({ url: proxy.url, target: '/a/../b%2F?q=%20&q', method: 'PUT', headers, body: 'abc' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-odd-case'], 'kept');
    assert.deepEqual(seen, [
      {
        method: 'PUT',
        url: '/a/../b%2F?q=%20&q',
        rawHeaders: ['Host', new URL(proxy.url).host, 'X-Odd-CASE', 'a  b', 'Content-Type', '', 'Content-Length', '3'],
        body: Buffer.from('abc'),
      },
    ]);
  });

  it('passes on 100-continue', async () => {
    const answer = await put({ headers: { Expect: '100-continue' } });
    assert.equal(answer.status, 200);
    assert.equal(seen[0]?.body.length, 500_000);
  });

  it('counts requests and bytes, and keeps a log without queries', async () => {
    await put({ path: '/photo?X-Amz-Signature=secret' });
    assert.deepEqual(proxy.counts, { requests: 1, faults: 0, bytesIn: 500_000, bytesOut: 1000 });
    assert.deepEqual(proxy.log, [
      { method: 'PUT', path: '/photo', fault: undefined, status: 200, bytesIn: 500_000, bytesOut: 1000 },
    ]);
  });

  it('resets in the middle of a body', async () => {
    proxy.inject({ fault: { kind: 'reset', afterBytes: 100_000 }, times: 1 });
    await assert.rejects(put(), { code: /ECONNRESET|EPIPE/ });
    assert.equal((await put()).status, 200);
    assert.equal(seen.length, 1);
  });

  it('stalls until the client gives up', async () => {
    proxy.inject({ fault: { kind: 'stall', afterBytes: 10 } });
    const asked = request({ url: proxy.url, method: 'PUT', body: 'y'.repeat(500_000), timeoutMs: 300 });
    await assert.rejects(asked, { name: 'AbortError' });
    assert.equal(seen.length, 0);
  });

  it("answers in the target's place", async () => {
    proxy.inject({ fault: { kind: 'answer', answer: slowDown }, times: 1 });
    proxy.inject({ fault: { kind: 'answer', answer: tooManyRequests(3) }, times: 1 });
    const [first, second, third] = [await put(), await put(), await put()];
    assert.equal(first.status, 503);
    assert.match(first.text, /<Code>SlowDown<\/Code>/);
    assert.equal(second.status, 429);
    assert.equal(second.headers['retry-after'], '3');
    assert.equal(third.status, 200);
    assert.equal(seen.length, 1);
  });

  it('replaces, loses, truncates and rewrites answers of requests that took effect', async () => {
    proxy.inject({ fault: { kind: 'replace-answer', answer: errorInside200 }, times: 1 });
    proxy.inject({ fault: { kind: 'lose-answer' }, times: 1 });
    proxy.inject({ fault: { kind: 'truncate-answer', afterBytes: 10 }, times: 1 });
    proxy.inject({ fault: { kind: 'rewrite-header', name: 'etag', value: '"wrong"' }, times: 1 });
    const replaced = await put();
    assert.equal(replaced.status, 200);
    assert.match(replaced.text, /<Code>InternalError<\/Code>/);
    await assert.rejects(put(), { code: 'ECONNRESET' });
    await assert.rejects(put(), { code: 'ECONNRESET' });
    assert.equal((await put()).headers.etag, '"wrong"');
    assert.equal((await put()).headers.etag, '"right"');
    assert.equal(seen.length, 5);
  });

  it('applies a fault to matching requests, after those to skip', async () => {
    proxy.inject({
      match: ({ method, path }) => method === 'PUT' && path === '/b',
      skip: 1,
      times: 1,
      fault: { kind: 'answer', answer: slowDown },
    });
    const statuses: number[] = [];
    for (const path of ['/a', '/b', '/b', '/b']) statuses.push((await put({ path })).status);
    assert.deepEqual(statuses, [200, 200, 503, 200]);
  });

  it('passes every byte under a cap', async () => {
    proxy.bandwidth = 20_000_000;
    await Promise.all([put(), put({ body: 'z'.repeat(300_000) })]);
    proxy.bandwidth = undefined;
    assert.deepEqual(seen.map(({ body }) => body.length).sort(), [300_000, 500_000]);
    assert.equal(proxy.counts.bytesIn, 800_000);
  });

  it('draws chances from the seed', async () => {
    const draw = async () => {
      const { port } = target.address() as { port: number };
      const other = await FaultProxy.start({ target: `http://127.0.0.1:${port}`, seed: 42 });
      other.inject({ chance: 0.3, fault: { kind: 'answer', answer: slowDown } });
      const statuses: number[] = [];
      for (let count = 0; count < 40; count++) statuses.push((await request({ url: other.url })).status);
      await other.close();
      return statuses;
    };
    const first = await draw();
    assert.deepEqual(await draw(), first);
    const faults = first.filter((status) => status === 503).length;
    assert.ok(faults >= 4 && faults <= 24, `${faults} of 40`);
  });

  it('survives clients that leave and a target that hangs up, at any moment', async () => {
    const rude = http.createServer((incoming) => {
      incoming.once('data', () => setImmediate(() => incoming.socket.resetAndDestroy()));
    });
    const other = await FaultProxy.start({ target: `http://127.0.0.1:${await listen(rude)}` });
    const faults: Fault[] = [
      { kind: 'lose-answer' },
      { kind: 'reset', afterBytes: 10 },
      { kind: 'truncate-answer', afterBytes: 0 },
      { kind: 'delay', ms: 1 },
    ];
    for (const fault of faults) {
      for (const leaves of ['at once', 'later', 'never']) {
        other.inject({ fault, times: 1 });
        const client = await connect(other.url);
        await client.send('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n12345678901234567890');
        if (leaves === 'at once') client.reset();
        if (leaves === 'later') setImmediate(() => client.reset());
        await client.receive().catch(() => {});
      }
    }
    await other.close();
    rude.closeAllConnections();
    rude.close();
  });

  it('goes down, and comes back on the same port', async () => {
    const { url } = proxy;
    await proxy.down();
    await assert.rejects(put(), { code: 'ECONNREFUSED' });
    await proxy.up();
    assert.equal(proxy.url, url);
    assert.equal((await put()).status, 200);
  });
});
