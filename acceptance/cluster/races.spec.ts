import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Api, data, PROFILE, putLink, refusal, SMART_EDITING, uniqueName } from '../support/api.ts';
import { startCluster } from '../support/cluster.ts';
import { abort, type Completed, complete, putParts, settled, start } from '../support/multipart.ts';

const ROUNDS = 8;
const LIMIT = { timeout: 120_000 };
const bytes = Buffer.from('a small photo');

// All nodes are started at the same moment, on an empty database.
const { nodes, apiKey } = await startCluster();
const apis = nodes.map(({ apiUrl }) => new Api({ apiUrl, apiKey }));
const [first, second, third] = apis as [Api, Api, Api];

it('gives a project name to one of those who ask at several nodes at once [L2.5, L9.16]', LIMIT, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = uniqueName();
    const answers = await Promise.all(
      apis.flatMap((api) => [PROFILE, SMART_EDITING].map((family) => api.post(family, { name }))),
    );
    const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status);
    data(winner ?? assert.fail());
    for (const answer of others) refusal(answer, { status: 409, code: 'project_name_taken' });
    const listed = data<{ projects: { name: string }[] }>(await first.get(`${PROFILE}?size=100`)).projects;
    const smart = data<{ projects: { name: string }[] }>(await first.get(`${SMART_EDITING}?size=100`)).projects;
    assert.equal([...listed, ...smart].filter((project) => project.name === name).length, 1);
  }
});

it('knows one file, whichever node gave the link [L3.4, L9.16]', LIMIT, async () => {
  const project = await first.newProject();
  const name = 'DSC_0001.NEF';
  const links = await Promise.all([...apis, ...apis].map((api) => api.uploadLink(project, name)));
  await Promise.all(links.map(async (link) => assert.equal((await putLink(link, bytes)).status, 200)));
  for (const api of apis) {
    assert.deepEqual(
      (await api.files(project)).map(({ status }) => status),
      ['uploaded'],
    );
  }
});

it('completes once, asked at several nodes at once [L5.10, L5.11, L9.16]', LIMIT, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const project = await first.newProject();
    const upload = await start(first, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    const answers = await Promise.all([...apis, ...apis].map((api) => settled(() => complete(api, upload))));
    const results = answers.map((answer) => data<Completed>(answer));
    for (const result of results) assert.deepEqual(result, results[0]);
    assert.deepEqual(await third.download(project, 'a.NEF'), bytes);
  }
});

it('completes or aborts, asked for both at several nodes at once [L5.12, L5.14, L9.16]', LIMIT, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const project = await first.newProject();
    const upload = await start(first, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    const [completes, aborts] = await Promise.all([
      Promise.all([first, second].map((api) => settled(() => complete(api, upload)))),
      Promise.all([second, third].map((api) => settled(() => abort(api, upload)))),
    ]);
    const statuses = [completes, aborts].map((answers) => [...new Set(answers.map(({ status }) => status))]);
    const [file] = await third.files(project);
    if (file) assert.deepEqual([file.status, ...statuses], ['uploaded', [200], [409]]);
    else assert.deepEqual(statuses, [[404], [204]]);
  }
});
