import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { schemas } from '@darkslide/contract';
import { onEveryDatabase } from '../../test/database.ts';
import { noAnswer } from '../../test/fake-object-store.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { HeadReading } from './read-heads.ts';

type Kind = Parameters<Parameters<typeof onEveryDatabase>[1]>[0];

async function start(t: TestContext, database: Kind) {
  const server = await startTestServer(t, { database });
  const { uuid, path } = await server.createProject();
  const { photos, files } = server.database;
  const reading = new HeadReading({ photos, files, store: server.store });
  const read = () => reading.run({ signal: new AbortController().signal });
  const put = (name: string, content: string) => server.store.put(`${uuid}/${name}`, content);
  return { server, uuid, path, read, put, reading };
}

/** Every page, one after the other. */
async function listAll({ call }: TestServer, path: string, limit: number) {
  const pages: schemas.ShotList[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await call('GET', `${path}/shots?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    assert.equal(status, 200, JSON.stringify(body));
    pages.push(body.data);
    cursor = body.data.next_cursor;
  }
  return pages;
}

const namesIn = (pages: readonly schemas.ShotList[]) =>
  pages.flatMap(({ shots }) => shots.flatMap(({ files }) => files.map(({ path }) => path)));

const readsOf = ({ store }: TestServer) => store.calls.filter((call) => call === 'read').length;

onEveryDatabase('shots', (database) => {
  test('are every uploaded photo on exactly one page, each read once', async (t) => {
    const { server, path, put, read, reading } = await start(t, database);
    const names = Array.from({ length: 150 }, (_, index) => `DSC_${1000 + index}.NEF`);
    for (const name of names) put(name, `bytes of ${name}`);
    put('note.xmp', '<x/>');
    assert.equal(await reading.hasWork(), false, 'no client has asked');
    await server.call('GET', `${path}/files`);
    assert.equal(await reading.hasWork(), true);
    const [before] = await listAll(server, path, 1000);
    assert.deepEqual([before?.shots, before?.unread], [[], 151]);

    assert.deepEqual(await read(), { photos: 151 });
    const reads = readsOf(server);
    assert.deepEqual(await read(), { photos: 0 });
    assert.equal(readsOf(server), reads);
    for (const limit of [1, 75, 149, 150, 151, 1000]) {
      const pages = await listAll(server, path, limit);
      assert.deepEqual(namesIn(pages).sort(), names);
      assert.deepEqual(
        pages.flatMap(({ shots }) => shots.map(({ order }) => order)),
        names.map((_, index) => index),
      );
      assert.equal(pages.flatMap(({ singles }) => singles).length, 150);
      const unknown = pages.flatMap((page) => page.unknown.map((file) => file.path));
      assert.deepEqual(unknown.sort(), [...names, 'note.xmp'], 'none of them is a photo');
      assert.equal(pages.at(-1)?.unread, 0);
    }
  });

  test('follow what storage has: replaced, deleted and damaged files', async (t) => {
    const { server, uuid, path, put, read } = await start(t, database);
    for (const name of ['a.NEF', 'b.NEF', 'c.NEF', 'd.NEF']) put(name, name);
    await server.call('GET', `${path}/files`);
    await read();
    assert.equal(namesIn(await listAll(server, path, 1000)).length, 4);
    put('a.NEF', 'other bytes');
    server.store.damage(`${uuid}/b.NEF`);
    await server.call('DELETE', `${path}/files/c.NEF`);
    await server.call('GET', `${path}/files`);
    assert.deepEqual(namesIn(await listAll(server, path, 1000)), ['d.NEF']);
    assert.deepEqual(await read(), { photos: 1 });
    assert.deepEqual(namesIn(await listAll(server, path, 1000)), ['a.NEF', 'd.NEF']);

    // Replaced, deleted and damaged after the database was told.
    for (const name of ['e.NEF', 'f.NEF', 'g.NEF']) put(name, name);
    await server.call('GET', `${path}/files`);
    put('e.NEF', 'newer');
    await server.store.remove(`${uuid}/f.NEF`);
    server.store.damage(`${uuid}/g.NEF`);
    assert.deepEqual(await read(), { photos: 0 });
    assert.deepEqual(await read(), { photos: 1 });
    assert.deepEqual(namesIn(await listAll(server, path, 1000)), ['a.NEF', 'd.NEF', 'e.NEF']);
  });

  test('begin while photos are being read', async (t) => {
    const { server, path, put, read } = await start(t, database);
    for (const name of ['a.NEF', 'b.NEF']) put(name, name);
    await server.call('GET', `${path}/files`);
    await read();
    const { photos, files } = server.database;
    const version = photos.version.bind(photos);
    photos.version = async (projectId) => {
      const before = await version(projectId);
      // Counts a change.
      await files.forget(projectId, { lost: ['never.NEF'] });
      return before;
    };
    const { status, body } = await server.call('GET', `${path}/shots`);
    assert.deepEqual([status, body.data?.shots.length], [200, 2]);
  });

  test('wait for a storage that fails, and one file does not hold up the others', async (t) => {
    const { server, uuid, path, put, read } = await start(t, database);
    for (const name of ['a.NEF', 'b.NEF', 'c.NEF']) put(name, name);
    await server.call('GET', `${path}/files`);
    const storeRead = server.store.read;
    server.store.read = async (key, range) => {
      if (key === `${uuid}/b.NEF`) throw noAnswer();
      return await storeRead(key, range);
    };
    assert.deepEqual(await read(), { photos: 2 });
    const [page] = await listAll(server, path, 1000);
    assert.deepEqual([namesIn(page ? [page] : []), page?.unread], [['a.NEF', 'c.NEF'], 1]);
    await assert.rejects(read(), { name: 'StorageUnavailableError' });
    server.store.read = storeRead;
    assert.deepEqual(await read(), { photos: 1 });
    assert.equal(namesIn(await listAll(server, path, 1000)).length, 3);
  });

  test('are refused with another cursor than one of theirs', async (t) => {
    const { server, path } = await start(t, database);
    const ask = async (cursor: string) => {
      const encoded = Buffer.from(cursor).toString('base64url');
      const { status, body } = await server.call('GET', `${path}/shots?cursor=${encoded}`);
      return [status, body.error.code];
    };
    for (const wrong of ['x', '1:', ':1', '-1:0', '1:2:3', `${'9'.repeat(16)}:1`]) {
      assert.deepEqual(await ask(wrong), [400, 'invalid_request'], wrong);
    }
    assert.deepEqual(await ask('77:0'), [409, 'shots_changed']);
  });
});

test('shots of a server that does not read photos are not there', async (t) => {
  const server = await startTestServer(t, { readsPhotos: false });
  const { path } = await server.createProject();
  const { status, body } = await server.call('GET', `${path}/shots`);
  assert.deepEqual([status, body.error.code], [404, 'photos_not_read']);
});
