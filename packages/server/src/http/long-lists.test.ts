import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FAMILIES, MAX_NAMES_PER_REQUEST } from '@darkslide/contract';
import { startTestServer, TEST_KEY } from '../../test/server.ts';
import type { WriteLimits } from './write-deadline.ts';

const FAMILY = FAMILIES.profile.prefix;
const CALL = 'get_temporary_upload_links';
const NAMES = MAX_NAMES_PER_REQUEST;
/** A response has 14 MB: more than a kernel keeps of a local connection that is not read. */
const LINK_BYTES = 1400;
const files_list = Array.from({ length: NAMES }, (_, index) => ({ file_name: `${index}.NEF` }));

/** Where a server listens that keeps little of what is not read: over TCP a kernel may keep a whole response. */
const localSocket = () =>
  join(process.platform === 'win32' ? '\\\\.\\pipe' : tmpdir(), `darkslide-${randomUUID()}.sock`);

const connectionsOf = (server: Server) => promisify(server.getConnections).call(server);

/** A server whose clients may be deaf, and the answers that are not read yet. */
async function withDeafClients(t: TestContext, writing: WriteLimits) {
  const server = await startTestServer(t, { writing });
  const put = () => 'x'.repeat(LINK_BYTES);
  server.store.signer = async () => ({ expiresAt: new Date(), put, putPart: String, get: String, view: String });
  const { path } = await server.createProject();
  const unread = new Set<ServerResponse>();
  const address = localSocket();
  await server.app.listen({ path: address });
  // The API wants to know whose a connection is, and a local one has no address.
  server.app.server.prependListener('connection', (socket: Socket) => {
    Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' });
  });
  server.app.server.on('request', (_: IncomingMessage, response: ServerResponse) => {
    unread.add(response);
    response.once('close', () => unread.delete(response));
  });
  const body = JSON.stringify({ files_list });
  const head = [`POST ${path}/${CALL} HTTP/1.1`, 'host: x', `x-api-key: ${TEST_KEY}`, `content-length: ${body.length}`];
  const ask = () => {
    const socket = connect({ path: address }).on('error', () => {});
    socket.pause();
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    t.after(() => socket.destroy());
    return socket;
  };
  const answered = () => [...unread].filter(({ headersSent }) => headersSent);
  return { server, path, ask, answered };
}

test('clients that never read take a bounded share of memory, and no other client waits for them', async (t) => {
  const { server, path, ask, answered } = await withDeafClients(t, { baseMs: 600_000, minBytesPerMs: 64 });
  const { app, call } = server;
  const other = { 'x-api-key': await server.otherKey() };
  const project = (await call('POST', FAMILY, {}, other)).body.data.project_uuid;
  const deaf = Array.from({ length: 60 }, ask);
  let refusal = 200;
  while (refusal === 200) {
    await setTimeout(5);
    refusal = (await call('POST', `${path}/${CALL}`, { files_list })).status;
  }
  assert.equal(refusal, 429);
  const unread = answered().length;
  assert.ok(unread > 5 && unread * NAMES * LINK_BYTES <= 128 * 1024 ** 2, `${unread} answers`);
  assert.equal((await app.inject('/healthz')).statusCode, 200);
  assert.equal((await call('GET', path)).status, 200, 'a short call of the same key');
  const long = await call('POST', `${FAMILY}/${project}/${CALL}`, { files_list }, other);
  assert.deepEqual([long.status, long.body.data.files_list.length], [200, NAMES]);

  for (const socket of deaf) socket.destroy();
  while ((await call('POST', `${path}/${CALL}`, { files_list })).status !== 200) await setTimeout(5);
});

test('clients that leave while their answers are made leave nothing behind', async (t) => {
  const { server, path, ask } = await withDeafClients(t, { baseMs: 600_000, minBytesPerMs: 64 });
  const { app, call, store } = server;
  const sign = store.signer;
  for (let round = 0; round < 10; round++) {
    const socket = ask();
    await new Promise<void>((resolve) => {
      store.signer = async () => {
        socket.destroy();
        while ((await connectionsOf(app.server)) > 0) await setTimeout(1);
        resolve();
        return { ...(await sign.call(store)), put: () => 'x'.repeat(2 * LINK_BYTES) };
      };
    });
  }
  store.signer = sign;
  assert.equal((await call('POST', `${path}/${CALL}`, { files_list })).status, 200);
});

test('a client that does not read its answer is cut at the deadline, and frees what it held', async (t) => {
  const { ask, answered } = await withDeafClients(t, { baseMs: 20, minBytesPerMs: 1_000_000 });
  const socket = ask();
  while (answered().length === 0) await setTimeout(1);
  await once(answered()[0] as ServerResponse, 'close');
  socket.resume();
  await once(socket, 'close');
  assert.ok(socket.bytesRead < NAMES * LINK_BYTES);
});
