import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Darkslide } from '@darkslide/testkit';
import { Api, data, refusal } from '../support/api.ts';
import { eventually } from '../support/external-storage.ts';
import { fullPart, putParts, start } from '../support/multipart.ts';

const server = await Darkslide.start({ env: { DARKSLIDE_LOG_LEVEL: 'debug', DARKSLIDE_SWEEP_INTERVAL: '1' } });
after(() => server.remove());
const api = new Api(server);

type Line = { msg: string; part?: string; request_id?: string; operation?: string; storage_request_id?: string };

function lines(): Line[] {
  return server.logs.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

const linesOf = (id: string) => lines().filter(({ request_id }) => request_id === id);

describe('the id of a request', () => {
  it("joins the client's call, the API's log and the storage's [L9.12]", async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 2 });
    await putParts(upload, { 1: fullPart(1), 2: Buffer.from('the last part') });
    const id = 'shoot-42/DSC_0001:complete';
    const answer = await api.call('POST', `${upload.path}/complete`, {
      body: { file_name: 'a.NEF' },
      headers: { 'x-request-id': id },
    });
    data(answer);
    assert.equal(answer.headers['x-request-id'], id);

    const stored = () => linesOf(id).filter(({ part }) => part === 'store');
    await eventually(async () => stored().length === 2, 'the store has logged both calls');
    const calls = linesOf(id).filter(({ msg }) => msg === 'storage call');
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      ['ListParts', 'CompleteMultipartUpload'],
    );
    assert.deepEqual(
      stored().map(({ operation, storage_request_id }) => [operation, storage_request_id]),
      calls.map(({ operation, storage_request_id }) => [operation, storage_request_id]),
      "each line names the storage's own id too",
    );
    const own = () => linesOf(id).filter(({ msg, part }) => msg === 'request completed' && part === undefined);
    // It is written when the whole response is sent, which the client may learn before.
    await eventually(async () => own().length > 0, 'the API has logged it');
    assert.equal(own().length, 1);
  });

  it('is made up where the client sends none, or one that is not fit for a log [L9.12]', async () => {
    for (const headers of [{}, { 'x-request-id': 'two words' }, { 'x-request-id': 'x'.repeat(129) }] as Record<
      string,
      string
    >[]) {
      const answer = await api.call('GET', '/v1/projects/nothing', { headers });
      const { request_id: id } = refusal(answer, { status: 404 });
      assert.equal(answer.headers['x-request-id'], id);
      assert.match(id, /^[0-9a-f-]{36}$/);
      await eventually(async () => linesOf(id).length > 0, 'its line is in the log');
    }
  });

  it('is one that the command line makes, for each of its calls, and names when it is refused [L9.12]', async () => {
    const refused = await server.command(['projects'], {
      env: { DARKSLIDE_URL: server.apiUrl, DARKSLIDE_API_KEY: 'unknown' },
    });
    const id = /\(request ([0-9a-f]{24})\)/.exec(refused.stderr)?.[1];
    assert.ok(id, refused.stderr);
    await eventually(async () => linesOf(id).length === 1, 'the server has logged it');
  });

  it("is one of the server's own where no client asked: background work has one too [L9.12]", async () => {
    const sweeps = () =>
      lines().filter(({ part, operation, request_id: id = '' }) => {
        return part === 'store' && operation === 'ListMultipartUploads' && /^sweep-[0-9a-f-]{36}$/.test(id);
      });
    await eventually(async () => sweeps().length > 0, 'a pass of the sweep has reached the store');
  });

  it('stays with its request, however many run at once [L9.12]', async () => {
    const project = await api.newProject();
    await api.upload(project, 'a.NEF', Buffer.from('a small photo'));
    const ids = Array.from({ length: 50 }, (_, index) => `parallel-${index}`);
    await Promise.all(ids.map((id) => api.call('GET', `${project}/files/a.NEF`, { headers: { 'x-request-id': id } })));
    const of = (id: string) => linesOf(id).map(({ operation, msg, part }) => `${part ?? 'api'} ${operation ?? msg}`);
    await eventually(async () => ids.every((id) => of(id).length === 3), 'all of them are logged');
    const expected = ['api HeadObject', 'api request completed', 'store HeadObject'];
    for (const id of ids) assert.deepEqual(of(id).sort(), expected);
  });
});
