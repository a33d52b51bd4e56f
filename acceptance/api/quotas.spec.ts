import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Api, data, refusal } from '../support/api.ts';
import { startServer } from '../support/target.ts';

const server = await startServer({
  env: { DARKSLIDE_MAX_PENDING_FILES: '3', DARKSLIDE_MAX_UPLOAD_TOKENS: '2', DARKSLIDE_MAX_OPEN_UPLOADS: '2' },
});
after(() => server.remove());

describe('an account', () => {
  it('has a limit of pending files, upload tokens and open uploads at once [E.quota_reached]', async () => {
    const api = new Api({ apiUrl: server.apiUrl, apiKey: server.apiKey });
    const project = await api.newProject();
    const full = { status: 409, code: 'quota_reached' };
    for (const name of ['a.NEF', 'b.NEF', 'c.NEF']) await api.uploadLink(project, name);
    const link = (name: string) => api.get(`${project}/get_upload_link?file_name=${name}`);
    const { message } = refusal(await link('d.NEF'), full);
    assert.match(message, /at most 3 files .* Send those .* or delete their names/);
    await api.upload(project, 'a.NEF', Buffer.from('a small photo'));
    data(await link('d.NEF'));
    refusal(await link('e.NEF'), full);

    const mint = () => api.post(`${project}/upload_tokens`, {});
    for (let count = 0; count < 2; count += 1) data(await mint());
    assert.match(refusal(await mint(), full).message, /at most 2 upload tokens .* Revoke/);

    const start = () => api.post(`${project}/multipart_uploads`, { file_name: 'a.NEF', part_count: 1 });
    for (let count = 0; count < 2; count += 1) data(await start());
    assert.match(refusal(await start(), full).message, /at most 2 open multipart uploads.* Complete or abort/);
  });
});
