import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  errorInside200,
  expiredToken,
  type Fault,
  internalError,
  type ProxiedRequest,
  request,
  slowDown,
  wrongSignature,
} from '@darkslide/testkit';
import { type Api, data, putLink, refusal } from '../support/api.ts';
import { eventually, readiness, startWithExternalStorage } from '../support/external-storage.ts';
import { abort, type Completed, complete, putParts, start } from '../support/multipart.ts';
import { takesAbsentTypeAsEmpty } from '../support/s3.ts';

const bytes = Buffer.from('a small photo');

const { proxy, server, api } = await startWithExternalStorage();

/** Requests to complete an upload of a project: of its keys, which begin with its uuid, nothing else is POSTed once it has started. */
function isCompleteIn(project: string) {
  const uuid = project.split('/').at(-1) as string;
  return ({ method, path }: ProxiedRequest) => method === 'POST' && path.includes(uuid);
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
      await eventually(async () => (await readiness(server)) === 503, 'not ready');
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
    await eventually(async () => (await readiness(server)) === 200, 'ready again');
    data(await complete(api, upload));
    assert.equal((await abort(api, unwanted)).status, 204);
    for (const name of ['a.NEF', 'b.NEF']) assert.equal((await api.file(project, name)).status, 'uploaded');
  });

  for (const [how, fault] of [
    ['hangs', { kind: 'stall', afterBytes: 0 }],
    ['refuses the credentials', { kind: 'answer', answer: expiredToken }],
  ] as const satisfies [string, Fault][]) {
    it(`that ${how} is a 503 in the end, and all goes on when it does not [L9.2, L9.9, L9.18]`, {
      timeout: 120_000,
    }, async () => {
      const project = await api.newProject();
      await api.upload(project, 'a.NEF', bytes);
      const upload = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
      await putParts(upload, { 1: bytes });
      proxy.inject({ fault });
      try {
        const calls = [
          api.get(`${project}/files`),
          api.get(`${project}/files/a.NEF`),
          complete(api, upload),
          api.post(`${project}/multipart_uploads`, { file_name: 'c.NEF', part_count: 1 }),
        ];
        for (const answer of await Promise.all(calls)) {
          refusal(answer, { status: 503, code: 'storage_unavailable' });
          assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/);
        }
        await eventually(async () => (await readiness(server)) === 503, 'not ready, a second after it was at the most');
        const { text } = await request({ url: `${server.apiUrl}/readyz` });
        assert.match(text, /"storage":\s*"unavailable"/);
        assert.match(text, /"database":\s*"ok"/);
      } finally {
        proxy.heal();
      }
      await eventually(async () => (await readiness(server)) === 200, 'ready again');
      data(await complete(api, upload));
      for (const name of ['a.NEF', 'b.NEF']) assert.equal((await api.file(project, name)).status, 'uploaded');
    });
  }

  it('that asks for patience or stumbles is asked again [L9.9]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    proxy.inject({
      match: isCompleteIn(project),
      times: 1,
      fault: { kind: 'answer', answer: slowDown },
    });
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
      await eventually(async () => proxy.counts.faults > before, 'the complete is in progress');
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

describe('the content type of a link', () => {
  /** What Ceph RGW does: a signed content type that is absent is not the same as an empty one. */
  const asCeph = ({ method, query, headers }: ProxiedRequest) =>
    method === 'PUT' &&
    (query.get('X-Amz-SignedHeaders') ?? '').includes('content-type') &&
    headers['content-type'] === undefined;

  it('is signed only where storage takes an absent one as empty; both kinds of clients succeed [L4.1, L4.2, L4.8]', async () => {
    for (const strict of [false, true]) {
      const own = await startWithExternalStorage((storage) => {
        if (strict) storage.inject({ match: asCeph, fault: { kind: 'answer', answer: wrongSignature } });
      });
      const isTaken = !strict && (await takesAbsentTypeAsEmpty(own.server));
      const project = await own.api.newProject();
      const link = await own.api.uploadLink(project, 'a.NEF');
      const upload = await start(own.api, project, { file_name: 'b.NEF', part_count: 1 });
      for (const url of [link, upload.parts[0]?.upload_url as string]) {
        const signed = new URL(url).searchParams.get('X-Amz-SignedHeaders');
        assert.equal(signed, isTaken ? 'content-type;host' : 'host');
        assert.equal((await putLink(url, bytes, { 'Content-Type': '' })).status, 200);
        assert.equal((await putLink(url, bytes, {})).status, 200);
      }
      data(await complete(own.api, upload));
    }
  });

  it('is signed always or never where that is configured [L4.8]', async () => {
    for (const [choice, signed] of [
      ['always', 'content-type;host'],
      ['never', 'host'],
    ] as const) {
      const own = await startWithExternalStorage(() => {}, { DARKSLIDE_S3_SIGN_CONTENT_TYPE: choice });
      const link = await own.api.uploadLink(await own.api.newProject(), 'a.NEF');
      assert.equal(new URL(link).searchParams.get('X-Amz-SignedHeaders'), signed);
      assert.equal((await putLink(link, bytes)).status, 200);
    }
  });
});
