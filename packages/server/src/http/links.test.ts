import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer } from '../../test/server.ts';

onEveryDatabase('upload links', (database) => {
  test('come one a file, in order, under the name as it was sent', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { uuid, path } = await createProject();
    const names = ['z.NEF', 'Cafe\u0301.jpg', 'a b+%.dng', 'A.NEF', 'a.NEF'];
    const answer = await call('POST', `${path}/get_temporary_upload_links/`, {
      files_list: names.map((file_name) => ({ file_name, md5: null })),
    });
    assert.equal(answer.status, 200);
    const { files_list } = answer.body.data;
    assert.deepEqual(
      files_list.map((file: { file_name: string }) => file.file_name),
      names,
    );
    assert.deepEqual(
      files_list.map(({ upload_link }: { upload_link: string }) => decodeURIComponent(upload_link)),
      names.map((name) => `fake:put/${uuid}/${name.normalize('NFC')}`),
    );
    for (const { expires_at } of files_list) assert.ok(Date.parse(expires_at) > Date.now());
  });

  test('are given again for names that are there', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    const files_list = [{ file_name: 'a' }, { file_name: 'b' }];
    await call('POST', `${path}/get_temporary_upload_links`, { files_list });
    const again = await call('POST', `${path}/get_temporary_upload_links`, {
      files_list: [...files_list, { file_name: 'c' }],
    });
    assert.equal(again.body.data.files_list.length, 3);
    const one = await call('GET', `${path}/get_upload_link?file_name=a`);
    assert.deepEqual(one.body.data.file_name, 'a');
    assert.equal((await call('GET', `${path}/files`)).body.data.files.length, 3);
  });

  test('are refused for names that stand twice, and nothing is recorded', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    const ask = (...names: string[]) =>
      call('POST', `${path}/get_temporary_upload_links`, { files_list: names.map((file_name) => ({ file_name })) });
    const answer = await ask('a', 'DSC_0001.NEF', 'b', 'e\u0301', 'DSC_0001.NEF', '\u00e9', 'e\u0301');
    assert.equal(answer.status, 400);
    const { request_id, ...error } = answer.body.error;
    assert.deepEqual(error, {
      code: 'duplicate_file_name',
      message: 'File "DSC_0001.NEF" appears 2 times.',
      details: ['DSC_0001.NEF', 'e\u0301'],
    });
    assert.equal((await ask('\u00e9', 'e\u0301', 'e\u0301')).body.error.message, 'File "\u00e9" appears 3 times.');
    assert.deepEqual((await call('GET', `${path}/files`)).body.data.files, []);
    assert.equal((await call('GET', path)).body.data.status, 'New');
  });

  test('are refused for names that are not valid, and nothing is recorded', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    const bad = [
      '',
      '.',
      '..',
      'a/b',
      'a\\b',
      'a\0',
      'a\n',
      ' a',
      'a ',
      `${'\u00e9'.repeat(127)}ab`,
      '\ud800',
      '\udc00a',
    ];
    for (const file_name of bad) {
      const body = JSON.stringify({ files_list: [{ file_name: 'good.NEF' }, { file_name }] });
      const answer = await call('POST', `${path}/get_temporary_upload_links`, body);
      assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_file_name'], JSON.stringify(file_name));
    }
    assert.deepEqual((await call('GET', `${path}/files`)).body.data.files, []);
    const longest = '\u00e9'.repeat(127);
    assert.equal(
      (await call('GET', `${path}/get_upload_link?file_name=${encodeURIComponent(`${longest}a`)}`)).status,
      200,
    );
    const file = await call('GET', `${path}/files/${encodeURIComponent(`${longest}a`.normalize('NFD'))}`);
    assert.deepEqual([file.status, file.body.data?.status], [200, 'pending']);
  });

  test('are refused for an md5 that is none', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    for (const md5 of ['', 'abc', '0'.repeat(32), '1B2M2Y8AsgTpgAmY7PhCfg', '1B2M2Y8AsgTpgAmY7PhCfh==']) {
      const answer = await call('POST', `${path}/get_temporary_upload_links`, {
        files_list: [{ file_name: 'a', md5 }],
      });
      assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_md5'], md5);
    }
  });

  test('are refused where the list is none, too short or too long', async (t) => {
    const { call, createProject } = await startTestServer(t, { database });
    const { path } = await createProject();
    const list = (length: number) => Array.from({ length }, (_, index) => ({ file_name: `${index}.NEF` }));
    for (const [body, message] of [
      [undefined, 'files_list is missing.'],
      [{}, 'files_list is missing.'],
      [{ files_list: null }, 'files_list must be a list; got null.'],
      [{ files_list: 'a.NEF' }, 'files_list must be a list; got "a.NEF".'],
      [{ files_list: [] }, 'files_list is empty.'],
      [{ files_list: ['a.NEF'] }, 'files_list[0] must be a JSON object; got "a.NEF".'],
      [{ files_list: [{ file_name: 'a' }, {}] }, 'files_list[1].file_name is missing.'],
      [{ files_list: [{ file_name: 7 }] }, 'files_list[0].file_name must be a string; got 7.'],
      [{ files_list: [{ file_name: 'a', md5: 7 }] }, 'files_list[0].md5 must be a string or null; got 7.'],
      [{ files_list: list(10_001) }, 'files_list has 10001 entries; at most 10000 are allowed.'],
    ] as const) {
      const answer = await call('POST', `${path}/get_temporary_upload_links`, body);
      assert.deepEqual(
        [answer.status, answer.body.error.code, answer.body.error.message],
        [400, 'invalid_request', message],
      );
    }
    const most = await call('POST', `${path}/get_temporary_upload_links`, { files_list: list(10_000) });
    assert.equal(most.body.data.files_list.length, 10_000);
    assert.equal((await call('GET', path)).body.data.status, 'Uploading');
  });
});

test('a token gets no link for a single PUT where storage could not keep what has arrived', async (t) => {
  const server = await startTestServer(t);
  const { path } = await server.createProject();
  const { token } = (await server.call('POST', `${path}/upload_tokens`, {})).body.data;
  server.store.conditions.put = false;
  const body = { files_list: [{ file_name: 'a.NEF' }] };
  const refused = await server.call('POST', `${path}/get_temporary_upload_links`, body, { 'x-api-key': token });
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'single_put_unavailable']);
  assert.match(refused.body.error.message, /"a\.NEF" by a multipart upload/);
  assert.deepEqual((await server.call('GET', `${path}/files`)).body.data.files, [], 'nothing was recorded');
  const start = { file_name: 'a.NEF', part_count: 1 };
  const started = await server.call('POST', `${path}/multipart_uploads`, start, { 'x-api-key': token });
  assert.equal(started.status, 200);
  assert.equal((await server.call('POST', `${path}/get_temporary_upload_links`, body)).status, 200, 'by API key');
});
