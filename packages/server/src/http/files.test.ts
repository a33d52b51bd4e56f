import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fileNameProblem } from '@darkslide/contract';
import fc from 'fast-check';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const MD5_OF_BYTES = createHash('md5').update('bytes').digest('base64');

type Listed = { file_name: string; status: string; size: number | null };

/** Every page, one after the other. */
async function listAll({ call }: TestServer, path: string, limit: number): Promise<Listed[]> {
  const files: Listed[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? `limit=${limit}` : `limit=${limit}&cursor=${cursor}`;
    const { data } = (await call('GET', `${path}/files?${query}`)).body;
    assert.ok(data.files.length <= limit);
    files.push(...data.files);
    cursor = data.next_cursor;
  } while (cursor !== null);
  return files;
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const fileName = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), fc.constantFrom('\uffe6', '\u{1f4f7}', 'A', 'a'))
  .map((name) => name.normalize('NFC'))
  .filter((name) => fileNameProblem(name) === undefined);

onEveryDatabase('files', (database) => {
  test('are what was asked for and what storage has, in byte order, whatever the page', async (t) => {
    const server = await startTestServer(t, { database });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fileName, { maxLength: 12 }),
        fc.uniqueArray(fileName, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (asked, arrived, limit) => {
          const { uuid, path } = await server.createProject();
          const files_list = asked.map((file_name) => ({ file_name }));
          if (asked.length > 0) await server.call('POST', `${path}/get_temporary_upload_links`, { files_list });
          for (const name of arrived) server.store.put(`${uuid}/${name}`, name);
          // What no link of ours can have made is not listed, but must not end the listing either.
          server.store.put(`${uuid}/a/deeper`, 'x');
          server.store.put(`${uuid}/e\u0301`, 'x');

          const listed = await listAll(server, path, limit);
          const expected = [...new Set([...asked, ...arrived])].sort(byBytes).map((name) => {
            const has = arrived.includes(name);
            return [name, has ? 'uploaded' : 'pending', has ? Buffer.byteLength(name) : null];
          });
          assert.deepEqual(
            listed.map(({ file_name, status, size }) => [file_name, status, size]),
            expected,
          );
          const { number_of_images } = (await server.call('GET', path)).body.data;
          assert.equal(number_of_images, arrived.length);

          for (const name of arrived) server.store.objects.delete(`${uuid}/${name}`);
          assert.deepEqual(
            (await listAll(server, path, limit)).filter(({ status }) => status === 'uploaded'),
            [],
            'what storage lost is pending again',
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('compare the declared MD5 with what arrived', async (t) => {
    const { call, createProject, store } = await startTestServer(t, { database });
    const { uuid, path } = await createProject();
    const md5 = MD5_OF_BYTES;
    const names = ['right', 'wrong', 'undeclared', 'by parts', 'pending'];
    await call('POST', `${path}/get_temporary_upload_links`, {
      files_list: names.map((file_name) => (file_name === 'undeclared' ? { file_name } : { file_name, md5 })),
    });
    // A link asked for without an MD5 does not take back the declared one.
    await call('GET', `${path}/get_upload_link?file_name=wrong`);
    store.put(`${uuid}/right`, 'bytes');
    store.put(`${uuid}/wrong`, 'other');
    store.put(`${uuid}/undeclared`, 'bytes');
    store.objects.set(`${uuid}/by parts`, {
      key: `${uuid}/by parts`,
      size: 5,
      etag: `${'0'.repeat(32)}-1`,
      lastModified: new Date(0),
      damaged: false,
    });
    const { files } = (await call('GET', `${path}/files`)).body.data;
    assert.deepEqual(
      Object.fromEntries(
        files.map((file: { file_name: string; md5_matches: unknown }) => [file.file_name, file.md5_matches]),
      ),
      { right: true, wrong: false, undeclared: null, 'by parts': null, pending: null },
    );
  });

  test('are damaged where storage says so, count as not arrived, and are whole once they are sent again', async (t) => {
    const found: number[] = [];
    const { call, createProject, store } = await startTestServer(t, {
      database,
      onDamaged: ({ files }) => found.push(files),
    });
    const { uuid, path } = await createProject();
    await call('POST', `${path}/get_temporary_upload_links`, {
      files_list: [{ file_name: 'a' }, { file_name: 'b' }].map((file) => ({ ...file, md5: MD5_OF_BYTES })),
    });
    for (const name of ['a', 'b']) store.put(`${uuid}/${name}`, 'bytes');
    const look = async () => {
      const { files } = (await call('GET', `${path}/files`)).body.data;
      const { number_of_images, status } = (await call('GET', path)).body.data;
      const seen = files.map((file: Listed & { md5_matches: unknown }) => [file.status, file.size, file.md5_matches]);
      return [seen, number_of_images, status];
    };
    const whole = ['uploaded', 5, true];
    assert.deepEqual(await look(), [[whole, whole], 2, 'Uploaded']);
    store.damage(`${uuid}/b`);
    const { status, download_link, etag } = (await call('GET', `${path}/files/b`)).body.data;
    const hex = Buffer.from(MD5_OF_BYTES, 'base64').toString('hex');
    assert.deepEqual([status, download_link, etag], ['damaged', null, hex]);
    assert.deepEqual(await look(), [[whole, ['damaged', 5, null]], 1, 'Uploading']);
    assert.deepEqual(found, [1], 'it is told once');
    store.put(`${uuid}/b`, 'bytes');
    assert.deepEqual(await look(), [[whole, whole], 2, 'Uploaded']);
  });

  test('have a download link once they have arrived', async (t) => {
    const { call, createProject, store } = await startTestServer(t, { database });
    const { uuid, path } = await createProject();
    await call('GET', `${path}/get_upload_link?file_name=${encodeURIComponent('Caf\u00e9.NEF')}`);
    const sent = 'Cafe\u0301.NEF';
    const get = async () => (await call('GET', `${path}/files/${encodeURIComponent(sent)}`)).body.data;
    assert.deepEqual(await get(), {
      file_name: sent,
      status: 'pending',
      size: null,
      etag: null,
      uploaded_at: null,
      md5_matches: null,
      download_link: null,
    });
    store.put(`${uuid}/Caf\u00e9.NEF`, 'bytes');
    const { uploaded_at, etag, ...file } = await get();
    assert.deepEqual(file, {
      file_name: sent,
      status: 'uploaded',
      size: 5,
      md5_matches: null,
      download_link: `fake:get/${encodeURIComponent(`${uuid}/Caf\u00e9.NEF`)}`,
    });
    store.objects.clear();
    assert.equal((await get()).status, 'pending');
    assert.equal((await call('GET', `${path}/files/none`)).body.error.code, 'file_not_found');
    assert.equal((await call('GET', `${path}/files/a%2Fb`)).body.error.code, 'invalid_file_name');
  });

  test('refuse cursors that are not valid, and pages of no size', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    for (const query of [
      'cursor=%20',
      'cursor=a',
      `cursor=${Buffer.from('\0').toString('base64url')}`,
      'limit=0',
      'limit=1001',
    ]) {
      assert.equal((await call('GET', `${path}/files?${query}`)).status, 400, query);
    }
  });
});

test('a storage that does not let the server delete is reported, and nothing is lost', async (t) => {
  const server = await startTestServer(t);
  const { path, uuid } = await server.createProject();
  for (const name of ['a.NEF', 'b.NEF']) server.store.put(`${uuid}/${name}`, name);
  await server.call('POST', `${path}/multipart_uploads`, { file_name: 'c.NEF', part_count: 1 });
  server.store.mayRemove = false;
  for (const target of [path, `${path}/files/a.NEF`]) {
    const { status, body } = await server.call('DELETE', target);
    assert.deepEqual([status, body.error.code], [409, 'storage_delete_refused']);
    assert.match(body.error.message, /s3:DeleteObject/);
  }
  assert.deepEqual([server.store.objects.size, server.store.uploads.size], [2, 1]);
  assert.equal((await server.call('GET', `${path}/files`)).body.data.files.length, 3);
  server.store.mayRemove = true;
  assert.deepEqual((await server.call('DELETE', path)).body.data, { is_deleted: true });
});
