import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Api, data, FAMILIES, type FamilyPath, putLink, refusal } from '../support/api.ts';
import { abort, complete, putParts, start } from '../support/multipart.ts';
import { s3Client } from '../support/s3.ts';
import { startServer, useTarget } from '../support/target.ts';
import { listTokens, mintToken } from '../support/upload-tokens.ts';

const { api, other, target } = await useTarget();
const storage = s3Client(target);
const bytes = Buffer.from('a small photo');

const fileOf = (project: string, name: string) => `${project}/files/${encodeURIComponent(name)}`;
const statusOf = async (project: string) => data<{ status: string }>(await api.get(project)).status;

/** What storage holds of a project: its objects, and its open uploads. */
async function held(project: string): Promise<{ keys: string[]; uploads: number }> {
  const query = { Bucket: target.s3.bucket, Prefix: `${project.split('/').at(-1)}/` };
  const { Contents = [] } = await storage.send(new ListObjectsV2Command(query));
  const { Uploads = [] } = await storage.send(new ListMultipartUploadsCommand(query));
  return { keys: Contents.map(({ Key = '' }) => Key.slice(query.Prefix.length)), uploads: Uploads.length };
}

async function deleteProject(project: string): Promise<void> {
  for (;;) if (data<{ is_deleted: boolean }>(await api.delete(project)).is_deleted) return;
}

describe('a file', () => {
  it('is deleted with its name and its open uploads, and no other is [L6.9, L6.8]', async () => {
    const project = await api.newProject();
    const names = ['a.NEF', 'Größe +1 & 100%.NEF', 'stays.NEF'];
    for (const name of names) await api.upload(project, name, bytes);
    await api.uploadLink(project, 'pending.NEF');
    const uploads = [];
    for (const file_name of ['a.NEF', 'stays.NEF']) {
      const upload = await start(api, project, { file_name, part_count: 1 });
      await putParts(upload, { 1: bytes });
      uploads.push(upload);
    }
    for (const name of ['a.NEF', 'Größe +1 & 100%.NEF'.normalize('NFD'), 'pending.NEF']) {
      assert.equal((await api.delete(fileOf(project, name))).status, 204, name);
      for (const answer of [await api.delete(fileOf(project, name)), await api.get(fileOf(project, name))]) {
        refusal(answer, { status: 404, code: 'file_not_found' });
      }
    }
    assert.deepEqual(await held(project), { keys: ['stays.NEF'], uploads: 1 });
    assert.deepEqual(
      (await api.files(project)).map(({ file_name }) => file_name),
      ['stays.NEF'],
    );
    assert.equal(await statusOf(project), 'Uploaded');
    const [gone, stays] = uploads as [(typeof uploads)[0], (typeof uploads)[0]];
    refusal(await complete(api, gone), { status: 404, code: 'upload_not_found' });
    data(await complete(api, stays));
    await api.upload(project, 'a.NEF', bytes);
    assert.equal((await api.files(project)).length, 2, 'a name may come again');
  });

  it('comes back by a link that was given before [L6.11]', async () => {
    const project = await api.newProject();
    const link = await api.uploadLink(project, 'a.NEF');
    await putLink(link, bytes);
    assert.equal((await api.delete(fileOf(project, 'a.NEF'))).status, 204);
    assert.equal((await putLink(link, bytes)).status, 200);
    assert.equal((await api.files(project))[0]?.status, 'uploaded');
    assert.equal((await api.delete(fileOf(project, 'a.NEF'))).status, 204, 'also one that only storage knows');
    assert.deepEqual((await held(project)).keys, []);
  });
});

describe('a project', () => {
  for (const family of FAMILIES) {
    it(`is deleted under ${family} with all that it has, and no other is [L6.10, L2.2, L1.8]`, async () => {
      const name = `Deleted ${family} ${Date.now()}`;
      const project = await api.newProject(family, name);
      const sibling = await api.newProject(family);
      for (const each of [project, sibling]) await api.upload(each, 'a.NEF', bytes);
      await putParts(await start(api, project, { file_name: 'b.NEF', part_count: 1 }), { 1: bytes });
      await api.uploadLink(project, 'pending.NEF');
      const token = await mintToken(api, project);
      const reader = token.api;
      refusal(await reader.delete(project), { status: 403, code: 'api_key_required' });
      const elsewhere = FAMILIES.find((each) => each !== family) as FamilyPath;
      for (const [caller, path] of [
        [other, project],
        [api, project.replace(family, elsewhere)],
      ] as const) {
        refusal(await caller.delete(path), { status: 404, code: 'project_not_found' });
      }
      assert.equal((await api.files(project)).length, 3, 'nothing was deleted so far');

      await deleteProject(project);
      assert.deepEqual(await held(project), { keys: [], uploads: 0 });
      for (const call of [() => api.get(project), () => api.delete(project), () => api.get(`${project}/files`)]) {
        refusal(await call(), { status: 404, code: 'project_not_found' });
      }
      refusal(await reader.get(`${project}/files`), { status: 401, code: 'invalid_api_key' });
      refusal(await api.get(`${family}/${encodeURIComponent(name)}/uuid`), { status: 404 });
      assert.ok((await api.get(`${family}?size=100`)).text.includes(sibling.split('/').at(-1) as string));
      assert.ok(!(await api.get(`${family}?size=100`)).text.includes(project.split('/').at(-1) as string));
      assert.equal((await held(sibling)).keys.length, 1);
      await api.newProject(family, name);
    });
  }

  it('goes on being deleted where that was cut short, page after page [L6.10]', async () => {
    const project = await api.newProject();
    const names = Array.from({ length: 1100 }, (_, index) => ({ file_name: `${index}.NEF` }));
    const links = await api.uploadLinks(project, names);
    for (let first = 0; first < links.length; first += 20) {
      await Promise.all(links.slice(first, first + 20).map(({ upload_link }) => putLink(upload_link, Buffer.of())));
    }
    const aborted = fetch(target.apiUrl + project, {
      method: 'DELETE',
      headers: { 'x-api-key': target.accounts.first.apiKey },
      signal: AbortSignal.timeout(20),
    }).catch(() => undefined);
    await aborted;
    for (;;) {
      const answer = await api.delete(project);
      if (answer.status === 404) break;
      data(answer);
    }
    assert.deepEqual(await held(project), { keys: [], uploads: 0 });
  });
});

describe('with a sweep every second', async () => {
  const server = await startServer({ env: { DARKSLIDE_SWEEP_INTERVAL: '1' } });
  after(() => server.remove());
  const own = new Api(server);
  const ownStorage = s3Client(server);

  it('what comes late into a deleted project is removed [L6.11]', async () => {
    const project = await own.newProject();
    const link = await own.uploadLink(project, 'late.NEF');
    data(await own.delete(project));
    assert.equal((await putLink(link, bytes)).status, 200);
    const query = { Bucket: server.s3.bucket, Prefix: `${project.split('/').at(-1)}/` };
    while ((await ownStorage.send(new ListObjectsV2Command(query))).KeyCount !== 0) await sleep(100);
  });

  it('names that a token never used do not keep a project waiting, nor do aborted uploads [L6.12]', async () => {
    const project = await own.newProject();
    await own.upload(project, 'arrived.NEF', bytes);
    const token = await mintToken(own, project, { expires_in: 3 });
    await token.api.upload(project, 'used.NEF', bytes);
    await token.api.uploadLink(project, 'unused.NEF');
    const upload = await start(own, project, { file_name: 'aborted.NEF', part_count: 1 });
    assert.equal((await abort(own, upload)).status, 204);
    for (;;) {
      const { status, number_of_images } = data<{ status: string; number_of_images: number }>(await own.get(project));
      if (status === 'Uploaded') {
        assert.equal(number_of_images, 2);
        break;
      }
      await sleep(100);
    }
    assert.deepEqual(
      (await own.files(project)).map(({ file_name }) => file_name),
      ['arrived.NEF', 'used.NEF'],
    );
    assert.deepEqual(await listTokens(own, project), []);
  });
});
