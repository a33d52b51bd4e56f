import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Darkslide,
  errorInside200,
  FaultProxy,
  internalError,
  type ProxiedRequest,
  request,
  slowDown,
  startPostgres,
} from '@darkslide/testkit';
import { Api, data, PROFILE, putLink, refusal } from '../support/api.ts';
import { abort, type Completed, complete, putParts, start } from '../support/multipart.ts';

const bytes = Buffer.from('a small photo');

/** An API whose storage is another server's, through a proxy that can misbehave. */
async function distantStorage() {
  const storage = await Darkslide.start();
  const proxy = await FaultProxy.start({ target: storage.s3.endpoint });
  const { accessKeyId, secretAccessKey } = storage.s3.credentials;
  const server = await Darkslide.start({
    env: {
      DARKSLIDE_S3_ENDPOINT: proxy.url,
      DARKSLIDE_S3_BUCKET: storage.s3.bucket,
      DARKSLIDE_S3_FORCE_PATH_STYLE: 'true',
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  after(async () => {
    await server.remove();
    await proxy.close();
    await storage.remove();
  });
  return { proxy, server, api: new Api(server) };
}

const { proxy, server, api } = await distantStorage();

const readiness = async (url = server.apiUrl) => (await request({ url: `${url}/readyz` })).status;

/** Requests to complete an upload of a project: of its keys, which begin with its uuid, nothing else is POSTed once it has started. */
function isCompleteIn(project: string) {
  const uuid = project.split('/').at(-1) as string;
  return ({ method, path }: ProxiedRequest) => method === 'POST' && path.includes(uuid);
}

/** Asks until a condition holds; for states that a server reaches by itself. */
async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await sleep(100);
  }
}

describe('an external storage', () => {
  it('serves links, multipart uploads and files as the embedded one does [L3.1, L5.4, L6.3]', async () => {
    const project = await api.newProject();
    const link = await api.uploadLink(project, 'a.NEF');
    assert.equal(new URL(link).host, new URL(proxy.url).host);
    assert.equal((await putLink(link, bytes)).status, 200);
    assert.equal((await putLink(link, bytes, {})).status, 200);
    const upload = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    data(await complete(api, upload));
    assert.ok((await api.files(project)).every(({ status }) => status === 'uploaded'));
  });

  it('that is down is a 503, and nothing is lost [L9.1, L9.2, L9.9, E.storage_unavailable]', {
    timeout: 120_000,
  }, async () => {
    const project = await api.newProject();
    await api.upload(project, 'a.NEF', bytes);
    const upload = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    const unwanted = await start(api, project, { file_name: 'c.NEF', part_count: 1 });
    await proxy.down();
    try {
      await eventually(async () => (await readiness()) === 503, 'not ready');
      assert.equal((await request({ url: `${server.apiUrl}/healthz` })).status, 200);
      const calls: (() => ReturnType<Api['get']>)[] = [
        () => api.get(`${project}/files`),
        () => api.get(`${project}/files/a.NEF`),
        () => api.get(upload.path),
        () => complete(api, upload),
        () => abort(api, unwanted),
        () => api.post(`${project}/multipart_uploads`, { file_name: 'd.NEF', part_count: 1 }),
      ];
      for (const call of calls) refusal(await call(), { status: 503, code: 'storage_unavailable' });
    } finally {
      await proxy.up();
    }
    await eventually(async () => (await readiness()) === 200, 'ready again');
    data(await complete(api, upload));
    assert.equal((await abort(api, unwanted)).status, 204);
    for (const name of ['a.NEF', 'b.NEF']) assert.equal((await api.file(project, name)).status, 'uploaded');
  });

  it('that asks for patience or stumbles is asked again [L9.9]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    proxy.inject({ match: isCompleteIn(project), times: 1, fault: { kind: 'answer', answer: slowDown } });
    proxy.inject({ match: isCompleteIn(project), times: 1, fault: { kind: 'answer', answer: internalError } });
    try {
      let answer = await complete(api, upload);
      for (let count = 0; answer.status === 503 && count < 5; count++) answer = await complete(api, upload);
      assert.equal(data<Completed>(answer).size, bytes.length);
    } finally {
      proxy.heal();
    }
  });

  it('whose answer to complete was lost has completed, and says so when asked again [L5.10, L9.9]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    proxy.inject({ match: isCompleteIn(project), times: 1, fault: { kind: 'lose-answer' } });
    try {
      let answer = await complete(api, upload);
      for (let count = 0; answer.status === 503 && count < 5; count++) answer = await complete(api, upload);
      assert.equal(data<Completed>(answer).size, bytes.length);
    } finally {
      proxy.heal();
    }
    assert.equal((await api.file(project, 'a.NEF')).status, 'uploaded');
  });

  it('that fails inside a 200 has not completed [L9.9]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    proxy.inject({ match: isCompleteIn(project), fault: { kind: 'answer', answer: errorInside200 } });
    try {
      const answer = await complete(api, upload);
      assert.ok(answer.status >= 500, `${answer.status} ${answer.text}`);
      assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
    } finally {
      proxy.heal();
    }
    assert.equal(data<Completed>(await complete(api, upload)).size, bytes.length);
  });

  it('that takes its time over a complete keeps others from meddling [L5.11, E.upload_busy]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    const before = proxy.counts.faults;
    // Longer than the server lets a caller wait for another's complete.
    proxy.inject({ match: isCompleteIn(project), times: 1, fault: { kind: 'delay', ms: 13_000 } });
    try {
      const first = complete(api, upload);
      await eventually(async () => proxy.counts.faults > before, 'the complete is under way');
      const [aborted, second] = await Promise.all([abort(api, upload), complete(api, upload)]);
      refusal(aborted, { status: 409, code: 'upload_busy' });
      refusal(second, { status: 409, code: 'upload_busy' });
      const result = data<Completed>(await first);
      assert.deepEqual(data(await complete(api, upload)), result);
    } finally {
      proxy.heal();
    }
  });
});

describe('a database server', () => {
  it('that is down is a 503, and nothing is lost [L9.2, L9.9, E.database_unavailable]', {
    timeout: 180_000,
  }, async () => {
    const postgres = await startPostgres();
    const own = await Darkslide.start({ env: { DATABASE_URL: postgres.url } });
    try {
      const ownApi = new Api(own);
      const project = await ownApi.newProject();
      const link = await ownApi.uploadLink(project, 'a.NEF');
      await postgres.stop();
      await eventually(async () => (await readiness(own.apiUrl)) === 503, 'not ready');
      for (const path of [PROFILE, project, `${project}/files`]) {
        refusal(await ownApi.get(path), { status: 503, code: 'database_unavailable' });
      }
      assert.equal((await putLink(link, bytes)).status, 200, 'bytes need no database of ours');
      await postgres.start();
      await eventually(async () => (await readiness(own.apiUrl)) === 200, 'ready again');
      assert.equal((await ownApi.file(project, 'a.NEF')).status, 'uploaded');
    } finally {
      await own.remove();
      await postgres.remove();
    }
  });
});
