import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { data, PROFILE, refusal, SMART_EDITING } from '../support/api.ts';
import { abort, complete, putParts, start } from '../support/multipart.ts';
import { useTarget } from '../support/target.ts';

const { api, other } = await useTarget();

const tail = Buffer.from('a part');

describe('an upload_id', () => {
  it('of another project is unknown, on every route [L5.9, E.upload_not_found]', async () => {
    const [mine, sibling] = [await api.newProject(), await api.newProject()];
    const upload = await start(api, mine, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    const path = `${sibling}/multipart_uploads/${encodeURIComponent(upload.upload_id)}`;
    const answers = [
      await api.get(path),
      await api.post(`${path}/part_links`, { part_numbers: [1] }),
      await api.post(`${path}/complete`, { file_name: 'a.NEF' }),
      await api.delete(path, { key: upload.key }),
    ];
    for (const answer of answers) refusal(answer, { status: 404, code: 'upload_not_found' });
    data(await complete(api, upload));
  });

  it('of the other family is unknown [L2.2, L5.9]', async () => {
    const [profile, smart] = [await api.newProject(PROFILE), await api.newProject(SMART_EDITING)];
    const upload = await start(api, smart, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    const path = `${profile}/multipart_uploads/${encodeURIComponent(upload.upload_id)}`;
    refusal(await api.post(`${path}/complete`, { file_name: 'a.NEF' }), { status: 404, code: 'upload_not_found' });
    data(await complete(api, upload));
  });

  it('of another account is unknown, also with its key [L1.8, L5.9]', async () => {
    const theirs = await other.newProject();
    const upload = await start(other, theirs, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    const mine = await api.newProject();
    const own = await start(api, mine, { file_name: 'a.NEF', part_count: 1 });
    const path = `${mine}/multipart_uploads/${encodeURIComponent(upload.upload_id)}`;
    refusal(await api.post(`${path}/complete`, { file_name: 'a.NEF' }), { status: 404, code: 'upload_not_found' });
    refusal(await api.delete(path, { key: upload.key }), { status: 404, code: 'upload_not_found' });
    refusal(await api.delete(own.path, { key: upload.key }), { status: 400, code: 'upload_mismatch' });
    data(await complete(other, upload));
    assert.equal((await abort(api, own)).status, 204);
  });
});

describe('files of the same name', () => {
  it('in two projects are two files [L1.8, L3.1]', async () => {
    const projects = [await api.newProject(), await api.newProject(), await other.newProject()];
    for (const [index, project] of projects.entries()) {
      const owner = index === 2 ? other : api;
      await owner.upload(project, 'DSC_0001.NEF', Buffer.alloc(index + 1, 'x'));
    }
    for (const [index, project] of projects.entries()) {
      const owner = index === 2 ? other : api;
      assert.equal((await owner.file(project, 'DSC_0001.NEF')).size, index + 1);
    }
  });
});
