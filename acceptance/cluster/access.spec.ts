import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Api, data, PROFILE, refusal } from '../support/api.ts';
import { startCluster } from '../support/cluster.ts';
import { start } from '../support/multipart.ts';
import { listTokens, mintToken } from '../support/upload-tokens.ts';

const ROUNDS = 8;

const { nodes, apiKey } = await startCluster();
const [node] = nodes;
const apisOf = (key: string) => nodes.map(({ apiUrl }) => new Api({ apiUrl, apiKey: key })) as [Api, Api, Api];
const [api] = apisOf(apiKey);

it('ends a key, and the tokens that it made, on every node at once [L12.1, L12.3, L13.7]', async () => {
  const made = await node?.command(['keys', 'create', '--account', 'first', '--json']);
  const { api_key: key, key_id: id } = JSON.parse(made?.stdout ?? '') as { api_key: string; key_id: string };
  const project = await api.newProject();
  const { token } = await mintToken(apisOf(key)[1], project);
  for (const each of apisOf(key)) assert.equal((await each.get(PROFILE)).status, 200);
  for (const each of apisOf(token)) await each.files(project);
  assert.equal((await node?.command(['keys', 'revoke', id]))?.code, 0);
  for (const each of apisOf(key)) refusal(await each.get(PROFILE), { status: 401, code: 'invalid_api_key' });
  for (const each of apisOf(token)) {
    refusal(await each.get(`${project}/files`), { status: 401, code: 'invalid_api_key' });
  }
});

it('ends a token on every node at once [L13.6]', async () => {
  const project = await api.newProject();
  const { token, token_id } = await mintToken(api, project);
  for (const each of apisOf(token)) await each.files(project);
  assert.equal((await apisOf(apiKey)[2].delete(`${project}/upload_tokens/${token_id}`)).status, 204);
  for (const each of apisOf(token)) refusal(await each.get(`${project}/files`), { status: 401 });
});

it('gives what a token has left to as many as it is enough for, asked at several nodes at once [L13.13]', async () => {
  for (const limits of [{ max_files: 4 }, { max_bytes: 45 }]) {
    const project = await api.newProject();
    const { token } = await mintToken(api, project, limits);
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const files_list = [{ file_name: `${index}.NEF`, size: 10 }];
        return (apisOf(token)[index % 3] as Api).post(`${project}/get_temporary_upload_links`, { files_list });
      }),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 4);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      refusal(answer, { status: 403, code: 'upload_token_full' });
    }
    const [listed] = await listTokens(api, project);
    assert.deepEqual([listed?.files, listed?.bytes], [4, 'max_bytes' in limits ? 40 : null]);
  }
});

it('leaves one open upload of the starts at several nodes at once [L13.15]', async () => {
  const project = await api.newProject();
  const { token } = await mintToken(api, project);
  for (let round = 0; round < ROUNDS; round++) {
    const body = { file_name: `${round}.NEF`, part_count: 1 };
    await Promise.all([...apisOf(token), ...apisOf(token)].map((each) => start(each, project, body)));
    const { uploads } = data<{ uploads: object[] }>(await api.get(`${project}/multipart_uploads`));
    assert.equal(uploads.length, round + 1);
  }
});
