import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { afterwards } from '../../test/afterwards.ts';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { removeOldEvents } from './remove-old-events.ts';

type Event = { id: string; type: string; project_uuid: string; data: Record<string, unknown> };

/** All events from a cursor on, `limit` at a time, and where they end. */
async function read({ call }: TestServer, { from, limit = 100 }: { from?: string; limit?: number } = {}) {
  const events: Event[] = [];
  let cursor = from;
  for (;;) {
    const query = `limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
    const { status, body } = await call('GET', `/v1/events?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    cursor = body.data.next_cursor as string;
    if (body.data.events.length === 0) return { events, cursor };
    events.push(...body.data.events);
  }
}

const namesOf = ({ data }: Event) => (data.files as { file_name: string }[]).map(({ file_name }) => file_name);

onEveryDatabase('events', (kind) => {
  test('name files that arrive together once, some at a time, also for requests at once', async (t) => {
    const server = await startTestServer(t, { database: kind });
    const { uuid, path } = await server.createProject();
    const names = Array.from({ length: 250 }, (_, index) => `${String(index).padStart(3, '0')}.NEF`);
    const files_list = names.map((file_name) => ({ file_name }));
    await server.call('POST', `${path}/get_temporary_upload_links`, { files_list });
    for (const name of names) server.store.put(`${uuid}/${name}`, name);
    await Promise.all([server.call('GET', path), server.call('GET', `${path}/files`), server.call('GET', path)]);
    const { events } = await read(server, { limit: 1 });
    const [created, ...uploaded] = events;
    assert.equal(created?.type, 'project.created');
    assert.ok(uploaded.every(({ type, project_uuid }) => type === 'file.uploaded' && project_uuid === uuid));
    assert.ok(uploaded.every((event) => namesOf(event).length <= 100));
    assert.deepEqual(uploaded.flatMap(namesOf).toSorted(), names);
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });

  test('name a damaged file once, and again as uploaded when it is whole', async (t) => {
    const server = await startTestServer(t, { database: kind });
    const { uuid, path } = await server.createProject();
    server.store.put(`${uuid}/a.NEF`, 'whole');
    await server.call('GET', `${path}/files`);
    const { cursor } = await read(server);
    server.store.damage(`${uuid}/a.NEF`);
    await Promise.all([server.call('GET', `${path}/files`), server.call('GET', `${path}/files/a.NEF`)]);
    server.store.put(`${uuid}/a.NEF`, 'whole');
    await server.call('GET', `${path}/files`);
    const { events } = await read(server, { from: cursor });
    assert.deepEqual(
      events.map(({ type, data }) => [type, (data.files as object[]).length]),
      [
        ['file.damaged', 1],
        ['file.uploaded', 1],
      ],
    );
  });

  test('go when they are old, and a cursor stays valid', async (t) => {
    const server = await startTestServer(t, { database: kind });
    await server.createProject();
    const { cursor } = await read(server);
    const later = Date.now() + 31 * 24 * 60 * 60_000;
    t.mock.method(Date, 'now', () => later);
    assert.deepEqual(await removeOldEvents(server.database.events, { signal: new AbortController().signal }), {
      events: 1,
    });
    assert.deepEqual((await read(server)).events, []);
    await server.createProject();
    assert.equal((await read(server, { from: cursor })).events.length, 1);
  });

  // SQLite has one writer at a time.
  if (kind !== 'postgres') return;
  test('are never passed by, also where an earlier one is committed later', async (t) => {
    const server = await startTestServer(t, { database: kind });
    const { uuid } = await server.createProject();
    const { databaseConfig: config } = server;
    if (config.kind !== 'postgres') return assert.fail();
    const slow = new pg.Client({ connectionString: config.url });
    await slow.connect();
    afterwards(t, () => slow.end());
    await slow.query('begin');
    await slow.query(
      `insert into events (uuid, account_id, project_uuid, type, data, created_at)
       select '00000000-0000-4000-8000-000000000000', account_id, uuid, 'file.damaged', '{"files":[]}', created_at
       from projects where uuid = $1`,
      [uuid],
    );
    const next = await server.createProject();
    const before = await read(server);
    assert.deepEqual(
      before.events.map(({ project_uuid }) => project_uuid),
      [uuid, next.uuid],
    );
    await slow.query('commit');
    const after = await read(server, { from: before.cursor });
    assert.deepEqual(
      after.events.map(({ type }) => type),
      ['file.damaged'],
    );
  });
});
