import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect, request } from './http-client.ts';
import { listen } from './ports.ts';

describe('raw HTTP', () => {
  let received = '';
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      received = chunk.toString('latin1');
      socket.end('HTTP/1.1 418 Odd\r\nX-A: 1\r\nContent-Length: 7\r\n\r\n{"a":1}');
    });
  });
  let url: string;

  before(async () => {
    url = `http://127.0.0.1:${await listen(server)}`;
  });
  after(() => server.close());

  it('sends the given headers and nothing else', async () => {
    const answer = await request({ url: `${url}/x?y=1`, method: 'PUT', headers: { 'Content-Type': '' }, body: 'abc' });
    assert.equal(
      received,
      `PUT /x?y=1 HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: \r\nContent-Length: 3\r\n\r\nabc`,
    );
    assert.equal(answer.status, 418);
    assert.deepEqual(answer.json(), { a: 1 });
  });

  it('sends a request-target that a URL could not hold', async () => {
    await request({ url, target: '/../%2e//a' });
    assert.ok(received.startsWith('GET /../%2e//a HTTP/1.1\r\nHost:'));
  });

  it('returns an answer that comes before the body was taken', async () => {
    const answer = await request({ url, method: 'PUT', body: Buffer.alloc(20 * 1024 * 1024) });
    assert.equal(answer.status, 418);
  });

  it('speaks and listens on a bare connection', async () => {
    const connection = await connect(url);
    await connection.send('nonsense\r\n\r\n');
    assert.match(await connection.receive(), /^HTTP\/1\.1 418 Odd/);
    connection.close();
  });
});
