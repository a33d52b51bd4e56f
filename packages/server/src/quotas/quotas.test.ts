import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer } from '../../test/server.ts';

const LIMITS = { pendingFiles: 1000, uploadTokens: 1000, openUploads: 1000 };
const named = (...names: string[]) => ({ files_list: names.map((file_name) => ({ file_name })) });

onEveryDatabase('quotas', (kind) => {
  test('hold for pending names of all projects, also for requests at once', async (t) => {
    const server = await startTestServer(t, { database: kind, quotaLimits: { ...LIMITS, pendingFiles: 4 } });
    const [one, two] = [await server.createProject(), await server.createProject()];
    const ask = async ({ path }: { path: string }, ...names: string[]) =>
      await server.call('POST', `${path}/get_temporary_upload_links`, named(...names));
    assert.equal((await ask(one, 'a', 'b')).status, 200);
    const both = await ask(two, 'c', 'd', 'e');
    assert.deepEqual([both.status, both.body.error.code], [409, 'quota_reached']);
    assert.match(both.body.error.message, /at most 4 files/);
    const racing = await Promise.all(['c', 'd', 'e', 'f', 'g'].map((name) => ask(two, name)));
    assert.equal(racing.filter(({ status }) => status === 200).length, 2);
    assert.equal((await ask(one, 'a', 'b')).status, 200, 'names that are known add nothing');
    const start = () => server.call('POST', `${one.path}/multipart_uploads`, { file_name: 'm', part_count: 1 });
    assert.equal((await start()).body.error.code, 'quota_reached');

    // The server has not looked at the files since they arrived.
    server.store.put(`${one.uuid}/a`, Buffer.from('a'));
    assert.equal((await start()).status, 200);
    assert.equal((await ask(one, 'h')).status, 409);
    const other = { 'x-api-key': await server.otherKey() };
    const { body } = await server.call('POST', '/v1/projects', {}, other);
    const path = `/v1/projects/${body.data.project_uuid}/get_temporary_upload_links`;
    assert.equal((await server.call('POST', path, named('a'), other)).status, 200, 'of each account by itself');
  });

  test('hold for upload tokens that work', async (t) => {
    const server = await startTestServer(t, { database: kind, quotaLimits: { ...LIMITS, uploadTokens: 3 } });
    const [one, two] = [await server.createProject(), await server.createProject()];
    const mint = ({ path }: { path: string }) => server.call('POST', `${path}/upload_tokens`, {});
    const first = await mint(one);
    const answers = await Promise.all([mint(one), mint(two), mint(one), mint(two)]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 409, 409]);
    const revoked = await server.call('DELETE', `${one.path}/upload_tokens/${first.body.data.token_id}`);
    assert.equal(revoked.status, 204);
    assert.equal((await mint(two)).status, 200);
    assert.equal((await mint(two)).body.error.code, 'quota_reached');
  });

  test('hold for open multipart uploads, and leave none behind that was refused', async (t) => {
    const server = await startTestServer(t, { database: kind, quotaLimits: { ...LIMITS, openUploads: 3 } });
    const { path } = await server.createProject();
    const start = (file_name: string) =>
      server.call('POST', `${path}/multipart_uploads`, { file_name, part_count: 1, links: false });
    const first = await start('a');
    const answers = await Promise.all(['b', 'c', 'd', 'e'].map(start));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 409, 409]);
    let open = 0;
    for await (const page of server.store.openUploads()) open += page.length;
    assert.equal(open, 3, 'in storage too');
    assert.equal((await server.call('DELETE', `${path}/multipart_uploads/${first.body.data.upload_id}`)).status, 204);
    assert.equal((await start('f')).status, 200);
  });
});
