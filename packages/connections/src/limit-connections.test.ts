import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ConnectionLimits, limitConnections } from './limit-connections.ts';

const SHARED = { isShared: () => true };
const OWN = { isShared: () => false };

async function listening(t: TestContext, limits: ConnectionLimits) {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/wait') waiting.push(response);
    else response.end('here');
  });
  limitConnections(server, limits);
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async () => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const count = () => new Promise<number>((resolve) => server.getConnections((_, found) => resolve(found)));
  return { open, waiting, count };
}

const ask = (socket: Socket, path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);

async function answers(socket: Socket): Promise<boolean> {
  ask(socket, '/');
  const text = await Promise.race([once(socket, 'data').then(String), once(socket, 'close').then(() => '')]);
  return text.includes('here');
}

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('silent connections make way for one that asks', async (t) => {
  const { open, count } = await listening(t, { max: 5, maxPerAddress: 5, ...SHARED });
  const silent = await Promise.all(Array.from({ length: 5 }, open));
  const closed = once(silent[0] as Socket, 'close');
  assert.ok(await answers(await open()));
  await closed;
  for (let time = 0; time < 20; time++) await open();
  await waitFor(() => silent.every(({ destroyed }) => destroyed));
  assert.ok((await count()) <= 5);
});

test('who is being answered stays, and the new one goes', async (t) => {
  const { open, waiting } = await listening(t, { max: 3, maxPerAddress: 3, ...SHARED });
  const busy = await Promise.all(Array.from({ length: 3 }, open));
  for (const socket of busy) ask(socket, '/wait');
  await waitFor(() => waiting.length === 3);
  assert.equal(await answers(await open()), false);
  const told = once(busy[0] as Socket, 'data');
  waiting[0]?.end('done');
  assert.match(String(await told), /done/);
  assert.ok(await answers(await open()));
});

test('an address has a share of its own', async (t) => {
  const { open, waiting } = await listening(t, { max: 100, maxPerAddress: 2, ...OWN });
  const busy = await Promise.all(Array.from({ length: 2 }, open));
  for (const socket of busy) ask(socket, '/wait');
  await waitFor(() => waiting.length === 2);
  assert.equal(await answers(await open()), false);
});

test('a client that waits to be asked for its body is asked', async (t) => {
  const { open } = await listening(t, { max: 10, maxPerAddress: 10, ...OWN });
  const socket = await open();
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  const [asked] = await once(socket, 'data');
  assert.match(String(asked), /^HTTP\/1\.1 100 /);
  socket.write('ok');
  const text = String(asked).includes(' 200 ') ? String(asked) : String((await once(socket, 'data'))[0]);
  assert.match(text, /HTTP\/1\.1 200 /);
});
