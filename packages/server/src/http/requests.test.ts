import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { FAMILIES, LIST_BODY_BYTES, MAX_BODY_BYTES, MAX_BODY_VALUES, MAX_NAMES_PER_REQUEST } from '@darkslide/contract';
import { noAnswer } from '../../test/fake-object-store.ts';
import { startTestServer } from '../../test/server.ts';

const FAMILY = FAMILIES.profile.prefix;

test('a body is JSON whatever content type was forgotten, but not against one that was sent', async (t) => {
  const { call } = await startTestServer(t);
  let number = 0;
  const create = (type: string | undefined) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    return call('POST', FAMILY, Buffer.from(JSON.stringify({ name: `project ${++number}` })), headers);
  };
  for (const type of [
    undefined,
    '',
    ' ',
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/ld+json',
  ]) {
    assert.equal((await create(type)).status, 200, type);
    assert.equal((await call('GET', `${FAMILY}/project%20${number}/uuid`)).status, 200, type);
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ]) {
    const answer = await create(type);
    assert.deepEqual([answer.status, answer.body.error.code], [415, 'unsupported_media_type'], type);
    assert.ok(answer.body.error.message.includes(type));
  }
  const empty = await call('POST', FAMILY, undefined, { 'content-type': 'application/json', 'content-length': '0' });
  assert.equal(empty.status, 200);
});

test('a body that is not a JSON object is refused', async (t) => {
  const { call } = await startTestServer(t);
  for (const body of ['{', 'name=x', '{"name":}', Buffer.from([0x22, 0xff, 0x22])]) {
    const answer = await call('POST', FAMILY, body);
    assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_json'], String(body));
  }
  for (const [body, got] of [
    ['null', 'null'],
    ['[]', 'a list'],
    ['"text"', '"text"'],
    ['5', '5'],
    ['true', 'true'],
  ] as const) {
    const answer = await call('POST', FAMILY, body);
    assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_request']);
    assert.equal(answer.body.error.message, `The request body must be a JSON object; got ${got}.`);
  }
});

test('a body is at most as long as its call needs', async (t) => {
  const { call, createProject } = await startTestServer(t);
  const { path } = await createProject();
  const fill = (json: string, length: number) => `${json.slice(0, -1)},"x":"${'x'.repeat(length - json.length - 7)}"}`;
  const { body: started } = await call('POST', `${path}/multipart_uploads`, { file_name: 'a.NEF', part_count: 1 });
  for (const [url, json, limit] of [
    [FAMILY, '{"name":null}', MAX_BODY_BYTES],
    [`${path}/get_temporary_upload_links`, '{"files_list":[{"file_name":"a.NEF"}]}', LIST_BODY_BYTES.names],
    [`${path}/upload_tokens`, '{"allowed_names":["a"]}', LIST_BODY_BYTES.allowedNames],
    [
      `${path}/multipart_uploads/${started.data.upload_id}/part_links`,
      '{"part_numbers":[1]}',
      LIST_BODY_BYTES.partNumbers,
    ],
  ] as const) {
    for (const length of [limit - 1, limit]) {
      assert.equal((await call('POST', url, fill(json, length))).status, 200, `${url} ${length}`);
    }
    const answer = await call('POST', url, fill(json, limit + 1));
    assert.deepEqual([answer.status, answer.body.error.code], [413, 'body_too_large'], url);
  }
});

test('a list of wrong entries is refused by its length first, and by its first wrong entry', async (t) => {
  const { call, createProject } = await startTestServer(t);
  const { path } = await createProject();
  const list = async (body: string) => (await call('POST', `${path}/get_temporary_upload_links`, body)).body.error;
  const of = (count: number, entry: string) => `{"files_list":[${Array(count).fill(entry).join(',')}]}`;
  for (const entry of ['0', '{}', '[[]]', '{"file_name":1,"size":"x"}']) {
    const { code, message } = await list(of(MAX_NAMES_PER_REQUEST + 1, entry));
    assert.deepEqual(
      [code, message],
      ['invalid_request', 'files_list has 10001 entries; at most 10000 are allowed.'],
      entry,
    );
  }
  assert.equal((await list(of(MAX_NAMES_PER_REQUEST, '0'))).message, 'files_list[0] must be a JSON object; got 0.');
  const late = `{"files_list":[{"file_name":"a"},{"file_name":"b","size":"x"},0]}`;
  assert.equal((await list(late)).message, 'files_list[1].size must be an integer or null; got "x".');
  const most = (values: number) => `{"x":[${Array(values).fill(0).join(',')}]}`;
  assert.match((await list(most(MAX_BODY_VALUES - 1))).message, /^files_list is missing/);
  assert.match((await list(most(MAX_BODY_VALUES))).message, /more than 200000 values/);
});

test('an API key is required, and a known one', async (t) => {
  const { app, call, otherKey } = await startTestServer(t);
  const bare = await app.inject({ url: FAMILY });
  assert.deepEqual([bare.statusCode, bare.json().error.code], [401, 'missing_api_key']);
  for (const key of ['', 'wrong']) {
    const answer = await call('GET', FAMILY, undefined, { 'x-api-key': key });
    assert.equal(answer.status, 401);
  }
  const known = await call('GET', FAMILY, undefined, { 'x-api-key': await otherKey() });
  assert.equal(known.status, 200);
});

test('an API key has a limit of requests a minute, and requests for health have none', async (t) => {
  const { app, call, otherKey } = await startTestServer(t, { ratePerMinute: 3 });
  const statuses = [];
  for (let time = 1; time <= 4; time++) statuses.push((await call('GET', FAMILY)).status);
  assert.deepEqual(statuses, [200, 200, 200, 429]);
  const { body, headers } = await call('GET', FAMILY);
  assert.equal(body.error.code, 'rate_limited');
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 60);
  assert.ok(body.error.message.includes(`in ${seconds} second`));
  assert.equal((await call('GET', FAMILY, undefined, { 'x-api-key': await otherKey() })).status, 200);
  for (let time = 1; time <= 10; time++) {
    assert.equal((await app.inject('/healthz')).statusCode, 200);
    assert.equal((await app.inject('/readyz')).statusCode, 200);
  }
});

test('unknown routes and methods get our error body', async (t) => {
  const { app, call } = await startTestServer(t);
  const uuid = crypto.randomUUID();
  for (const path of [
    '/',
    '/v1',
    '/v1/profiles',
    `${FAMILY}/${uuid}/edit`,
    `${FAMILY}/${uuid}/export`,
    '/v2/projects',
    '/a?x-api-key=1',
  ]) {
    for (const method of ['GET', 'POST'] as const) {
      const answer = await call(method, path, method === 'POST' ? '{' : undefined);
      assert.deepEqual([answer.status, answer.body.error.code], [404, 'route_not_found'], path);
      assert.ok(!answer.body.error.message.includes('x-api-key'));
    }
  }
  for (const [method, path, allow] of [
    ['DELETE', FAMILY, 'GET, HEAD, POST'],
    ['PUT', `${FAMILY}/`, 'GET, HEAD, POST'],
    ['PUT', `${FAMILY}/${uuid}`, 'DELETE, GET, HEAD'],
    ['GET', `${FAMILY}/${uuid}/get_temporary_upload_links`, 'POST'],
    ['PATCH', `${FAMILY}/${uuid}/multipart_uploads/x`, 'DELETE, GET, HEAD'],
  ] as const) {
    const response = await app.inject({ method, url: path });
    assert.deepEqual([response.statusCode, response.json().error.code], [405, 'method_not_allowed']);
    assert.equal(response.headers.allow, allow);
  }
});

test('a method that no server knows is refused like any other, with what the route takes', async (t) => {
  const { app } = await startTestServer(t);
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  const ask = async (line: string) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.end(`${line}\r\nHost: x\r\n\r\n`);
    return text(socket);
  };
  const refused = await ask(`BREW ${FAMILY}?x=1 HTTP/1.1`);
  assert.match(refused, /^HTTP\/1\.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST\r\n/);
  assert.equal(JSON.parse(refused.split('\r\n\r\n')[1] ?? '').error.code, 'method_not_allowed');
  assert.match(await ask('BREW /coffee HTTP/1.1'), /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.match(await ask('BREW HTTP/1.1'), /^HTTP\/1\.1 400 Bad Request\r\n/);
});

test('a project is not edited here, and its owner is told that the photos are stored', async (t) => {
  const { app, call, createProject, otherKey } = await startTestServer(t);
  const name = 'Smith wedding';
  const { path } = await createProject(name);
  for (const method of ['GET', 'POST'] as const) {
    const own = await call(method, `${path}/edit`, method === 'POST' ? '{' : undefined);
    assert.deepEqual([own.status, own.body.error.code], [404, 'route_not_found']);
    assert.match(own.body.error.message, new RegExp(`does not edit them\\. The project "${name}" has 0 stored photos`));
    assert.equal(own.body.detail, own.body.error.message);
    for (const headers of [{ 'x-api-key': await otherKey() }, { 'x-api-key': 'unknown' }, {}]) {
      const other = await app.inject({ method, url: `${path}/edit`, headers });
      assert.deepEqual([other.statusCode, other.json().error.code], [404, 'route_not_found']);
      assert.equal(other.json().error.message, `There is no ${method} ${path}/edit. The routes are listed at /docs.`);
    }
  }
});

test('a size of 16 digits is an integer, also in a query, and what has a default may be left out', async (t) => {
  const { app, call, createProject } = await startTestServer(t);
  const { path } = await createProject();
  const ask = (size: string) => call('GET', `${path}/get_upload_link?file_name=a.NEF&size=${size}`);
  for (const size of ['999999999999999', '9007199254740991']) {
    assert.doesNotMatch((await ask(size)).body.error?.message ?? '', /integer/, size);
  }
  assert.match((await ask('9007199254740992')).body.error.message, /size must be an integer/);
  const { paths } = (await app.inject('/openapi.json')).json();
  const queries = Object.values<
    Record<string, { parameters?: { name: string; required?: boolean; schema: object }[] }>
  >(paths).flatMap((path) => Object.values(path).flatMap(({ parameters = [] }) => parameters));
  const withDefault = queries.filter(({ schema }) => 'default' in schema);
  assert.ok(withDefault.length > 0 && withDefault.every(({ required }) => required === false));
});

test('a path may be percent-encoded at length, but not brokenly', async (t) => {
  const { call, createProject } = await startTestServer(t);
  const { path } = await createProject();
  const name = encodeURIComponent('\ud55c'.repeat(85).normalize('NFD'));
  assert.ok(name.length > 2000);
  assert.equal((await call('GET', `${path}/files/${name}`)).body.error.code, 'file_not_found');
  for (const bad of ['%', '%zz', '%ff', '%c3%28']) {
    assert.equal((await call('GET', `${path}/files/${bad}`)).status, 400, bad);
  }
});

test('every answer has a request id, the one that was sent if it is fit', async (t) => {
  const { app, call } = await startTestServer(t);
  const echoed = await call('GET', '/nowhere', undefined, { 'x-request-id': 'abc-123' });
  assert.deepEqual([echoed.headers['x-request-id'], echoed.body.error.request_id], ['abc-123', 'abc-123']);
  for (const sent of ['', 'with space', 'x'.repeat(129), '"; drop']) {
    const answer = await call('GET', '/nowhere', undefined, { 'x-request-id': sent });
    assert.notEqual(answer.headers['x-request-id'], sent);
    assert.equal(answer.headers['x-request-id'], answer.body.error.request_id);
  }
  assert.ok((await app.inject('/healthz')).headers['x-request-id']);
});

test('where storage or database do not respond, a client is told no more than that', async (t) => {
  const { app, call, createProject, store, database } = await startTestServer(t);
  const { path } = await createProject();
  store.around = async () => {
    throw noAnswer();
  };
  const answer = await call('GET', `${path}/files`);
  assert.deepEqual([answer.status, answer.body.error.code], [503, 'storage_unavailable']);
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  const notReady = await app.inject('/readyz');
  assert.deepEqual(
    [notReady.statusCode, notReady.json().data],
    [503, { status: 'unavailable', database: 'ok', storage: 'unavailable' }],
  );
  assert.equal((await app.inject('/healthz')).statusCode, 200);

  t.mock.method(database.projects, 'find', async () => {
    throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 });
  });
  assert.equal((await call('GET', path)).body.error.code, 'database_unavailable');
  t.mock.method(database.projects, 'find', async () => {
    throw new TypeError('a mistake in /srv/secret/path');
  });
  const mistake = await call('GET', path);
  assert.deepEqual([mistake.status, mistake.body.error.code], [500, 'internal_error']);
  assert.ok(!JSON.stringify(mistake.body).includes('secret'));
});

test('unknown routes and missing keys are answered while the body is still to come', async (t) => {
  const { port } = await listening(t);
  for (const [path, status] of [
    ['/nowhere', 404],
    [`${FAMILY}/${crypto.randomUUID()}/get_temporary_upload_links`, 401],
  ] as const) {
    const half = request({ port, path, method: 'POST', headers: { 'content-length': 1_000_000 } });
    half.write('{');
    const [response] = await once(half, 'response');
    assert.equal(response.statusCode, status);
    half.on('error', () => {}).destroy();
  }
});

test('readiness asks its components once in a second, however many requests come', async (t) => {
  const { app, store } = await startTestServer(t);
  const answers = await Promise.all(Array.from({ length: 200 }, () => app.inject('/readyz')));
  assert.ok(answers.every(({ statusCode }) => statusCode === 200));
  assert.equal(store.calls.filter((call) => call === 'check').length, 1);
});

/** The API on a port, over the same database and storage. */
async function listening(t: TestContext) {
  const server = await startTestServer(t);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as AddressInfo;
  return { port };
}
