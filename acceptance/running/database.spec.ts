import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Darkslide, type RawResponse, request, startPostgres } from '@darkslide/testkit';
import { Api, data, PROFILE, putLink, refusal, uniqueName } from '../support/api.ts';
import { eventually, readiness } from '../support/external-storage.ts';

const bytes = Buffer.from('a small photo');

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
      await eventually(async () => (await readiness(own)) === 503, 'not ready');
      for (const path of [PROFILE, project, `${project}/files`]) {
        refusal(await ownApi.get(path), { status: 503, code: 'database_unavailable' });
      }
      assert.equal((await putLink(link, bytes)).status, 200, 'bytes need no database of ours');
      await postgres.start();
      await eventually(async () => (await readiness(own)) === 200, 'ready again');
      assert.equal((await ownApi.file(project, 'a.NEF')).status, 'uploaded');
    } finally {
      await own.remove();
      await postgres.remove();
    }
  });

  it('that restarts in the middle of calls is a 503 to those, and nothing is lost [L9.18, E.database_unavailable]', {
    timeout: 180_000,
  }, async () => {
    const postgres = await startPostgres();
    const own = await Darkslide.start({ databaseUrl: postgres.url });
    try {
      const api = new Api(own);
      const acknowledged: string[] = [];
      let restarted = false;
      const caller = async () => {
        while (!restarted) {
          const name = uniqueName();
          const created = await api.post(PROFILE, { name });
          if (created.status !== 200) refuseForNow(created);
          else acknowledged.push(name);
        }
      };
      const calling = Promise.all(Array.from({ length: 12 }, caller));
      for (let round = 0; round < 3; round++) {
        const before = acknowledged.length;
        await eventually(async () => acknowledged.length > before + 20, 'calls succeed');
        await postgres.stop();
        await postgres.start();
      }
      restarted = true;
      await calling;
      for (const name of acknowledged) data(await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`));
    } finally {
      await own.remove();
      await postgres.remove();
    }
  });

  it('that hangs is a 503 in the end, and the server goes on when it does [L9.2, L9.18]', {
    timeout: 180_000,
  }, async () => {
    const postgres = await startPostgres();
    const own = await Darkslide.start({ databaseUrl: postgres.url });
    try {
      const api = new Api(own);
      const project = await api.newProject();
      const wake = await suspend(postgres.pid ?? assert.fail());
      try {
        const answers = await Promise.all([PROFILE, project, `${project}/files`].map((path) => api.get(path)));
        for (const answer of answers) refuseForNow(answer);
        const { status, text } = await request({ url: `${own.apiUrl}/readyz` });
        assert.equal(status, 503);
        assert.match(text, /"database":\s*"unavailable"/);
        assert.match(text, /"storage":\s*"ok"/);
      } finally {
        wake();
      }
      await eventually(async () => (await readiness(own)) === 200, 'ready again');
      data(await api.get(project));
    } finally {
      await own.remove();
      await postgres.remove();
    }
  });
});

function refuseForNow(answer: RawResponse): void {
  refusal(answer, { status: 503, code: 'database_unavailable' });
  assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/);
}

/** Stops a process and its children where they are. Returns how to let them go on. */
async function suspend(pid: number): Promise<() => void> {
  process.kill(pid, 'SIGSTOP');
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  for (const child of children) process.kill(child, 'SIGSTOP');
  return () => {
    for (const stopped of [...children, pid]) process.kill(stopped, 'SIGCONT');
  };
}
