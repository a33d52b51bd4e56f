import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { StoreLimits } from '../src/index.ts';
import { S3Client } from './support/s3-client.ts';
import { startTestStore } from './support/test-store.ts';

async function attacked(t: TestContext, limits: Partial<StoreLimits>) {
  const running = await startTestStore({ limits });
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await running[Symbol.asyncDispose]();
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(running.store.port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  /** Begins a PUT by a link, which never comes to its end. */
  const hang = async (link: string) => {
    const { pathname, search, host } = new URL(link);
    const socket = await open();
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\nbeginning`);
  };
  const link = (key: string) => running.s3.link({ method: 'PUT', key });
  return { ...running, open, hang, link };
}

test('slow bodies by one link leave the others their places', async (t) => {
  const { hang, link, s3, store } = await attacked(t, { maxUploads: 8, maxUploadsPerLink: 2 });
  const stolen = link('stolen');
  await Promise.all(Array.from({ length: 40 }, () => hang(stolen)));
  while ((await store.figures()).bodies < 40);
  for (let number = 0; number < 20; number++) assert.equal((await s3.put(`honest ${number}`, 'whole')).status, 200);
});

test('silent connections leave room for clients, and for the server of this machine', async (t) => {
  const { open, s3 } = await attacked(t, { maxConnections: 10 });
  for (let number = 0; number < 60; number++) await open();
  for (let number = 0; number < 5; number++) assert.equal((await s3.put(`honest ${number}`, 'whole')).status, 200);
});

test('the server of this machine has a way of its own, whatever clients hold', async (t) => {
  const { hang, link, store } = await attacked(t, { maxConnections: 5, maxUploads: 100 });
  await Promise.all(Array.from({ length: 5 }, (_, number) => hang(link(`slow ${number}`))));
  while ((await store.figures()).bodies < 5);
  const own = new S3Client(store.ownUrl);
  assert.equal((await own.put('mine', 'whole')).status, 200);
  assert.equal((await own.list()).KeyCount, '1');
});

test('a body has a last moment, by its declared size', async (t) => {
  const { open, link } = await attacked(t, {
    idleTimeoutMs: 400,
    deadline: { baseMs: 200, bytesPerSecond: 1_000_000 },
  });
  const { pathname, search, host } = new URL(link('slow'));
  const socket = await open();
  socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 100000\r\n\r\n`);
  const dripping = setInterval(() => socket.write('drop'), 5);
  t.after(() => clearInterval(dripping));
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 400 .*RequestTimeout/s);
});
