import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { FAMILIES, MAX_BODY_BYTES } from '@darkslide/contract';
import manifest from '../package.json' with { type: 'json' };
import { newDatabase } from '../test/database.ts';
import { type RunningStorage, startStorage } from '../test/storage.ts';
import { exportOpenApi, type ServerConfig, startServer } from './index.ts';

let storage: RunningStorage;
before(async () => {
  storage = await startStorage();
});
after(() => storage?.stop());

const PREFIX = FAMILIES['smart-editing'].prefix;

async function configure(t: Parameters<typeof newDatabase>[0]): Promise<ServerConfig> {
  return {
    host: '127.0.0.1',
    port: 0,
    database: await newDatabase(t),
    storage: storage.config,
    linkTtlSeconds: 600,
    logLevel: 'silent',
    version: '1.2.3',
  };
}

test('a server starts, hands out its first key once, takes an upload by link, and stops', async (t) => {
  const config = await configure(t);
  const first = await startServer(config);
  const key = first.firstApiKey ?? assert.fail();
  const headers = { 'x-api-key': key };
  const created = await fetch(`${first.url}${PREFIX}`, { method: 'POST', headers });
  const { project_uuid } = ((await created.json()) as { data: { project_uuid: string } }).data;
  const linked = await fetch(`${first.url}${PREFIX}/${project_uuid}/get_upload_link?file_name=a.NEF`, { headers });
  const { upload_link } = ((await linked.json()) as { data: { upload_link: string } }).data;
  assert.equal((await fetch(upload_link, { method: 'PUT', body: new Uint8Array(3) })).status, 200);
  await first.close();

  const second = await startServer(config);
  t.after(() => second.close());
  assert.equal(second.firstApiKey, undefined);
  const item = await fetch(`${second.url}${PREFIX}/${project_uuid}`, { headers });
  const { data } = (await item.json()) as { data: { status: string; number_of_images: number } };
  assert.deepEqual([data.status, data.number_of_images], ['Uploaded', 1]);
});

test('a start that fails says why, and leaves nothing running', async (t) => {
  const config = await configure(t);
  const running = await startServer(config);
  t.after(() => running.close());
  const port = Number(new URL(running.url).port);
  await assert.rejects(startServer({ ...config, port }), {
    message: /can't listen on 127\.0\.0\.1:\d+, as another program/,
  });
  const nowhere = { ...config.storage, endpoint: 'http://127.0.0.1:1' };
  await assert.rejects(startServer({ ...config, storage: nowhere }), {
    message: /^The storage at .* refuses connections/,
  });
  for (const linkTtlSeconds of [0, 604_801, Number.NaN]) {
    await assert.rejects(startServer({ ...config, linkTtlSeconds }), { message: /linkTtlSeconds must be 1 to 604800/ });
  }
});

test('a stop lets the request in progress finish, and takes no other', async (t) => {
  const running = await startServer({ ...(await configure(t)), apiKey: 'key' });
  const { hostname, port } = new URL(running.url);
  const body = JSON.stringify({ name: 'drained' });
  const headers = { 'x-api-key': 'key', 'content-length': body.length, expect: '100-continue' };
  const half = request({ hostname, port, path: PREFIX, method: 'POST', headers });
  half.flushHeaders();
  await once(half, 'continue');
  half.write(body.slice(0, 5));
  const closed = running.close();
  half.end(body.slice(5));
  const [response] = await once(half, 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
  await closed;
  await assert.rejects(fetch(running.url));
});

test('a body over the limit is answered, however much of it is sent', async (t) => {
  const running = await startServer({ ...(await configure(t)), apiKey: 'key' });
  t.after(() => running.close());
  for (const size of [MAX_BODY_BYTES + 1, 20 * 1024 ** 2]) {
    const response = await fetch(`${running.url}${PREFIX}`, {
      method: 'POST',
      headers: { 'x-api-key': 'key', 'content-type': 'application/json' },
      body: 'x'.repeat(size),
    });
    assert.equal(response.status, 413);
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'body_too_large');
  }
});

test('what is not HTTP gets an error of ours too', async (t) => {
  const running = await startServer({ ...(await configure(t)), apiKey: 'key' });
  t.after(() => running.close());
  const { hostname, port } = new URL(running.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.end('NOT HTTP\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 400 /);
  assert.equal(JSON.parse(body).error.code, 'invalid_request');
});

test('the OpenAPI document is exported without anything running', async () => {
  const document = (await exportOpenApi()) as {
    openapi: string;
    info: { version: string };
    paths: Record<string, Record<string, { responses: object; security: unknown; requestBody: { required: boolean } }>>;
  };
  assert.deepEqual([document.openapi, document.info.version], ['3.1.0', manifest.version]);
  for (const { prefix } of Object.values(FAMILIES)) {
    const links = document.paths[`${prefix}/{project_uuid}/get_temporary_upload_links`]?.post ?? assert.fail();
    assert.deepEqual(Object.keys(links.responses), [
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '429',
      '500',
      '503',
    ]);
    assert.deepEqual(links.security, [{ apiKey: ['upload'] }, { uploadToken: [] }]);
    assert.equal(links.requestBody.required, true);
    assert.equal(document.paths[prefix]?.post?.requestBody.required, false);
    assert.deepEqual(Object.keys(document.paths[`${prefix}/{project_uuid}/multipart_uploads`] ?? {}).sort(), [
      'get',
      'post',
    ]);
  }
  assert.ok(document.paths['/healthz'] && document.paths['/readyz']);
});
