import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILIES } from '@darkslide/contract';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer } from '../../test/server.ts';

const FAMILY = FAMILIES.profile.prefix;
const OTHER_FAMILY = FAMILIES['smart-editing'].prefix;

onEveryDatabase('projects', (database) => {
  test('are created with a name, without one, with and without a trailing slash', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const named = await call('POST', FAMILY, { name: 'Smith wedding' });
    assert.equal(named.status, 200);
    const unnamed = await call('POST', `${FAMILY}/`);
    assert.equal(unnamed.status, 200);
    assert.equal((await call('POST', FAMILY, { name: null, client_type: 'python' })).status, 200);
    const again = await createProject();
    assert.notEqual(again.uuid, unnamed.body.data.project_uuid);

    const item = await call('GET', `${FAMILY}/${named.body.data.project_uuid}/`);
    const { project_uuid, created_at, ...rest } = item.body.data;
    assert.equal(project_uuid, named.body.data.project_uuid);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      name: 'Smith wedding',
      status: 'New',
      number_of_images: 0,
      customer_reference_id: 1,
      project_id: null,
      profile: null,
      ai_tools: null,
      thumbnail_src: null,
      export_status: null,
    });
  });

  test('have names that are unique in the account, whatever the family and the Unicode form', async (t) => {
    const { call } = await startTestServer(t, { database });
    assert.equal((await call('POST', FAMILY, { name: 'Caf\u00e9' })).status, 200);
    for (const [path, name] of [
      [FAMILY, 'Caf\u00e9'],
      [FAMILY, 'Cafe\u0301'],
      [OTHER_FAMILY, 'Caf\u00e9'],
    ] as const) {
      const answer = await call('POST', path, { name });
      assert.deepEqual([answer.status, answer.body.error.code], [409, 'project_name_taken']);
      assert.match(answer.body.error.message, /^A project named "Caf/);
    }
    const isValid = async (name: string) =>
      (await call('GET', `${FAMILY}/is_valid_name?name=${encodeURIComponent(name)}`)).body.data;
    assert.deepEqual(await isValid('Cafe\u0301'), { is_valid: false });
    assert.deepEqual(await isValid('Bar'), { is_valid: true });
    assert.deepEqual(await isValid(' Bar'), { is_valid: false });
    assert.deepEqual(await isValid(''), { is_valid: false });
    assert.equal((await call('GET', `${FAMILY}/is_valid_name`)).body.error.message, 'name is missing.');
  });

  test('refuse names that are not valid', async (t) => {
    const { call } = await startTestServer(t, { database });
    for (const name of ['', ' ', ' a', 'a\n', 'x'.repeat(256), '\ud800']) {
      const answer = await call('POST', FAMILY, JSON.stringify({ name }));
      assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_project_name'], JSON.stringify(name));
    }
    assert.equal((await call('POST', FAMILY, { name: 'x'.repeat(255) })).status, 200);
    const answer = await call('POST', FAMILY, { name: 5 });
    assert.equal(answer.body.error.message, 'name must be a string or null; got 5.');
  });

  test('are found by name, in their own family only', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { uuid } = await createProject('a/b c?\u00e9');
    const path = `/${encodeURIComponent('a/b c?e\u0301')}/uuid`;
    assert.deepEqual((await call('GET', FAMILY + path)).body, { data: { project_uuid: uuid } });
    assert.equal((await call('GET', OTHER_FAMILY + path)).status, 404);
    assert.equal((await call('GET', `${FAMILY}/%00/uuid`)).status, 404);
    assert.equal((await call('GET', `${OTHER_FAMILY}/${uuid}`)).body.error.code, 'project_not_found');
    assert.equal((await call('GET', `${FAMILY}/no-such-project`)).body.error.code, 'project_not_found');
  });

  test('of another account look like none, on every route', async (t) => {
    const { call, createProject, otherKey } = await startTestServer(t, { database });
    const { uuid, path } = await createProject('mine');
    const stranger = { 'x-api-key': await otherKey() };
    const upload = (await call('POST', `${path}/multipart_uploads`, { file_name: 'a', part_count: 1 })).body.data
      .upload_id;
    const requests = [
      ['GET', path],
      ['GET', `${FAMILY}/mine/uuid`],
      ['POST', `${path}/get_temporary_upload_links`, { files_list: [{ file_name: 'a' }] }],
      ['GET', `${path}/get_upload_link?file_name=a`],
      ['POST', `${path}/multipart_uploads`, { file_name: 'a', part_count: 1 }],
      ['GET', `${path}/multipart_uploads`],
      ['GET', `${path}/multipart_uploads/${upload}`],
      ['POST', `${path}/multipart_uploads/${upload}/part_links`, { part_numbers: [1] }],
      ['POST', `${path}/multipart_uploads/${upload}/complete`, { file_name: 'a' }],
      ['DELETE', `${path}/multipart_uploads/${upload}`],
      ['GET', `${path}/files`],
      ['GET', `${path}/files/a`],
    ] as const;
    const missing = crypto.randomUUID();
    for (const [method, url, body] of requests) {
      const theirs = await call(method, url, body, stranger);
      const nobodys = await call(method, url.replace(uuid, missing).replace('mine', 'nobodys'), body, stranger);
      assert.equal(theirs.status, 404, url);
      const alike = nobodys.body.error.message.replace(missing, uuid).replace('nobodys', 'mine');
      assert.deepEqual([theirs.body.error.code, theirs.body.error.message], [nobodys.body.error.code, alike]);
    }
    assert.deepEqual((await call('GET', FAMILY, undefined, stranger)).body.data.projects, []);
    assert.equal((await call('POST', FAMILY, { name: 'mine' }, stranger)).status, 200);
  });

  test('are listed newest first, in pages', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    for (let number = 1; number <= 5; number++) await createProject(`project ${number}`);
    await call('POST', OTHER_FAMILY, { name: 'elsewhere' });
    const list = async (query: string) => {
      const { projects, pagination } = (await call('GET', `${FAMILY}?${query}`)).body.data;
      return [projects.map(({ name }: { name: string }) => name.slice(-1)).join(''), pagination];
    };
    assert.deepEqual(await list(''), ['54321', { total: 5, size: 20, page: 0 }]);
    assert.deepEqual(await list('size=2&page=1'), ['32', { total: 5, size: 2, page: 1 }]);
    assert.deepEqual(await list('size=2&page=3'), ['', { total: 5, size: 2, page: 3 }]);
    assert.deepEqual(await list('is_archived=true'), ['', { total: 0, size: 20, page: 0 }]);
    for (const no of ['false', 'False', '0']) assert.equal((await list(`is_archived=${no}`))[0], '54321');
    for (const yes of ['True', '1']) assert.equal((await list(`is_archived=${yes}`))[0], '');
    for (const [query, message] of [
      ['size=0', 'size must be at least 1; got 0.'],
      ['size=101', 'size must be at most 100; got 101.'],
      ['size=two', 'size must be an integer; got "two".'],
      ['size=1.5', 'size must be an integer; got "1.5".'],
      ['size=1&size=2', 'size must be an integer; got a list.'],
      ['is_archived=perhaps', 'is_archived must be true or false; got "perhaps".'],
      ['page=-1', 'page must be at least 0; got -1.'],
    ] as const) {
      const answer = await call('GET', `${FAMILY}?${query}`);
      assert.deepEqual([answer.status, answer.body.error.message], [400, message]);
    }
  });

  test('count what has arrived at once, and ask storage only while something is pending', async (t) => {
    const { call, createProject, store } = await startTestServer(t, { database });
    const { uuid, path } = await createProject();
    const item = async () => {
      const { status, number_of_images } = (await call('GET', path)).body.data;
      return [status, number_of_images];
    };
    const files_list = ['b.NEF', '\u{1f4f7}.NEF', '\uffe6.NEF', 'a.NEF'].map((file_name) => ({ file_name }));
    await call('POST', `${path}/get_temporary_upload_links`, { files_list });
    assert.deepEqual(await item(), ['Uploading', 0]);
    store.put(`${uuid}/a.NEF`, 'a');
    store.put(`${uuid}/\u{1f4f7}.NEF`, 'camera');
    store.put(`${crypto.randomUUID()}/b.NEF`, 'of another project');
    assert.deepEqual(await item(), ['Uploading', 2]);
    store.put(`${uuid}/b.NEF`, 'b');
    store.put(`${uuid}/\uffe6.NEF`, 'won');
    assert.deepEqual(await item(), ['Uploaded', 4]);
    store.calls.length = 0;
    assert.deepEqual(await item(), ['Uploaded', 4]);
    assert.deepEqual(store.calls, []);
  });
});

test('a list of projects asks storage about a bounded number of them, one after the other', async (t) => {
  const { call, store, createProject } = await startTestServer(t);
  for (let number = 0; number < 40; number++) {
    const { uuid, path } = await createProject();
    await call('POST', `${path}/get_temporary_upload_links`, { files_list: [{ file_name: 'a' }, { file_name: 'b' }] });
    store.put(`${uuid}/a`, 'bytes');
  }
  store.calls.length = 0;
  const list = async () => (await call('GET', `${FAMILIES.profile.prefix}?size=100`)).body.data.projects;
  const arrived = (projects: { number_of_images: number }[]) =>
    projects.reduce((sum, { number_of_images }) => sum + number_of_images, 0);
  assert.equal(arrived(await list()), 32);
  assert.equal(store.calls.length, 32);
  assert.equal(arrived(await list()), 40);
  store.calls.length = 0;
  let underWay = 0;
  let most = 0;
  store.around = async (_, work) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return work();
  };
  await Promise.all(Array.from({ length: 20 }, list));
  assert.ok(most <= 40, `${most} listings at once, of 40 projects`);
  assert.ok(store.calls.length < 20 * 32, `${store.calls.length} calls for 20 lists at once`);
});
