import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Darkslide, startPostgres } from '@darkslide/testkit';
import { Api, PROFILE, putLink, refusal } from '../support/api.ts';
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
});
