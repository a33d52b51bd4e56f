import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Api, data, PROFILE, refusal, SMART_EDITING, uniqueName } from '../support/api.ts';
import { abort, complete, putParts, start } from '../support/multipart.ts';
import { startServer, useTarget } from '../support/target.ts';
import { mintToken } from '../support/upload-tokens.ts';

type Event = { id: string; type: string; created_at: string; project_uuid: string; data: Record<string, unknown> };
type Page = { events: Event[]; next_cursor: string };

const { api, other } = await useTarget();
const bytes = Buffer.from('a small photo');

const page = async (caller: Api, query: string) => data<Page>(await caller.get(`/v1/events${query}`));

/** All events of the account that are kept, or those after a cursor. */
async function allEvents(caller: Api, from?: string): Promise<{ events: Event[]; cursor: string | undefined }> {
  const events: Event[] = [];
  let cursor = from;
  for (;;) {
    const next = await page(caller, cursor === undefined ? '' : `?cursor=${cursor}`);
    cursor = next.next_cursor;
    if (next.events.length === 0) return { events, cursor };
    events.push(...next.events);
  }
}

const eventsOf = async (caller: Api, project: string, from?: string) =>
  (await allEvents(caller, from)).events.filter(({ project_uuid }) => project.endsWith(project_uuid));

it('tells what happened in a project, in its order [L15.1, L15.2]', async () => {
  const { cursor } = await allEvents(api);
  const name = uniqueName();
  const project = await api.newProject(SMART_EDITING, name);
  const whole = await start(api, project, { file_name: 'whole.NEF', part_count: 1 });
  await putParts(whole, { 1: bytes });
  const { size, etag } = data<{ size: number; etag: string }>(await complete(api, whole));
  const given = await start(api, project, { file_name: 'given-up.NEF', part_count: 1 });
  assert.equal((await abort(api, given)).status, 204);
  const token = await mintToken(api, project, { max_files: 1 });
  await token.api.upload(project, 'last.NEF', bytes);
  await token.api.files(project);

  const events = await eventsOf(api, project, cursor);
  assert.deepEqual(
    events.slice(0, 4).map(({ type, data }) => [type, data]),
    [
      ['project.created', { name, flow: 'smart-editing' }],
      ['file.uploaded', { files: [{ file_name: 'whole.NEF', size, etag }] }],
      ['upload.aborted', { file_name: 'given-up.NEF', upload_id: given.upload_id }],
      ['token.exhausted', { token_id: token.token_id, limits: ['max_files'] }],
    ],
  );
  const [, , , , last, ...more] = events;
  const [file] = (last?.data.files ?? []) as { file_name: string; size: number }[];
  assert.deepEqual([last?.type, file?.file_name, file?.size], ['file.uploaded', 'last.NEF', bytes.length]);
  assert.deepEqual(more, []);
  assert.ok(events.every(({ created_at }) => new Date(created_at).toISOString() === created_at));
});

it('goes on where a cursor ends, and returns the same events for the same cursor [L15.3]', async () => {
  const { cursor } = await allEvents(api);
  const projects = [await api.newProject(), await api.newProject(), await api.newProject()];
  const first = await page(api, `?cursor=${cursor}&limit=2`);
  assert.equal(first.events.length, 2);
  assert.deepEqual(await page(api, `?cursor=${cursor}&limit=2`), first);
  const { events: rest, cursor: end } = await allEvents(api, first.next_cursor);
  const created = [...first.events, ...rest].filter(({ type }) => type === 'project.created');
  for (const project of projects) {
    assert.equal(created.filter(({ project_uuid }) => project.endsWith(project_uuid)).length, 1);
  }
  assert.deepEqual(await page(api, `?cursor=${end}&limit=1`), { events: [], next_cursor: end });
  for (const query of ['?limit=0', '?limit=101', '?cursor=x', '?cursor=LTEuNQ']) {
    refusal(await api.get(`/v1/events${query}`), { status: 400, code: 'invalid_request' });
  }
});

it('shows an account its own events only, and an upload token none [L15.4]', async () => {
  const mine = await api.newProject();
  const theirs = await other.newProject(PROFILE);
  assert.equal((await eventsOf(api, mine)).length, 1);
  assert.deepEqual(await eventsOf(api, theirs), []);
  assert.deepEqual(await eventsOf(other, mine), []);
  const token = await mintToken(api, mine);
  refusal(await token.api.get('/v1/events'), { status: 403, code: 'api_key_required' });
  refusal(await api.post('/v1/events'), { status: 405, code: 'method_not_allowed' });
});

it('loses no event of what was acknowledged before the server was killed [L15.5]', async () => {
  const server = await startServer();
  try {
    const own = new Api(server);
    const project = await own.newProject();
    const upload = await start(own, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    data(await complete(own, upload));
    await server.kill();
    await server.start();
    const types = async () => (await eventsOf(new Api(server), project)).map(({ type }) => type);
    assert.deepEqual(await types(), ['project.created', 'file.uploaded']);
    const before = await allEvents(new Api(server));
    await server.kill();
    await server.start();
    assert.deepEqual(await allEvents(new Api(server)), before);
  } finally {
    await server.remove();
  }
});
