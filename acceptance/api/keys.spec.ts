import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { RunResult } from '@darkslide/testkit';
import { Api, FAMILIES, PROFILE, refusal } from '../support/api.ts';
import { familyCalls, makeFixture, projectCalls } from '../support/fixture.ts';
import { startServer } from '../support/target.ts';

const server = await startServer();
after(() => server.remove());

type Key = { key_id: string; account: string; scope: string; label: string | null; api_key?: string };
type Listed = Key & { created_at: string; last_used_at: string | null; revoked_at: string | null };

const apiOf = (apiKey: string) => new Api({ apiUrl: server.apiUrl, apiKey });

async function keys(...args: string[]): Promise<RunResult> {
  return await server.command(['keys', ...args]);
}

async function create(...args: string[]): Promise<Key & { api_key: string }> {
  const { code, stdout, stderr } = await keys('create', '--json', ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function list(...args: string[]): Promise<Listed[]> {
  const { code, stdout, stderr } = await keys('list', '--json', ...args);
  assert.equal(code, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What each scope may do besides what those before it may; every route of the API is in one of these lists. */
const READ = ['get project', 'uuid by name', 'list projects', 'is valid name', 'list files', 'get file'].concat(
  'list uploads',
  'get upload',
);
const UPLOAD = ['upload links', 'upload link', 'start multipart', 'part links', 'complete', 'abort', 'create project'];
const ADMIN = ['mint token', 'list tokens', 'revoke token', 'delete file'];

describe('darkslide keys', () => {
  it('makes a key that a running server knows at once, and shows it once [L12.1, L12.2]', async () => {
    const { code, stdout } = await keys('create', '--account', 'plain');
    assert.equal(code, 0);
    assert.match(stdout, /^dsk_[\w-]{43}\n$/);
    const key = stdout.trim();
    assert.equal((await apiOf(key).get(PROFILE)).status, 200);
    for (const args of [['list'], ['list', '--json']]) {
      const listing = await keys(...args);
      assert.ok(!listing.stdout.includes(key.slice(4)) && listing.stdout.includes('plain'));
    }
    assert.ok(!server.logs.includes(key.slice(4)));
  });

  it('gives the keys of an account its projects, and no other [L12.1]', async () => {
    const [one, two] = [await create('--account', 'studio'), await create('--account', 'studio')];
    const other = await create('--account', 'other studio');
    const project = await apiOf(one.api_key).newProject();
    assert.equal((await apiOf(two.api_key).get(project)).status, 200);
    refusal(await apiOf(other.api_key).get(project), { status: 404, code: 'project_not_found' });
  });

  it('lists what each key is and when it was used [L12.2]', async () => {
    const made = await create('--account', 'listed', '--scope', 'upload', '--label', 'kiosk 3');
    assert.deepEqual([made.account, made.scope, made.label], ['listed', 'upload', 'kiosk 3']);
    const [unused, ...more] = await list('--account', 'listed');
    assert.deepEqual(more, [], 'of this account only');
    assert.deepEqual(
      [unused?.key_id, unused?.scope, unused?.label, unused?.last_used_at, unused?.revoked_at],
      [made.key_id, 'upload', 'kiosk 3', null, null],
    );
    const before = Date.now();
    await apiOf(made.api_key).get(PROFILE);
    const [used] = await list('--account', 'listed');
    assert.ok(Date.parse(used?.last_used_at ?? '') >= before);
    assert.ok((await list()).length > 1, 'all accounts without one named');
    const { stdout } = await keys('list', '--account', 'listed');
    assert.match(stdout, new RegExp(`${made.key_id} +listed +upload .* kiosk 3`));
  });

  it('revokes a key at once and for good [L12.3, E.invalid_api_key]', async () => {
    const [gone, stays] = [await create('--account', 'revoked'), await create('--account', 'revoked')];
    assert.equal((await apiOf(gone.api_key).get(PROFILE)).status, 200);
    assert.equal((await keys('revoke', gone.key_id)).code, 0);
    refusal(await apiOf(gone.api_key).get(PROFILE), { status: 401, code: 'invalid_api_key' });
    assert.equal((await apiOf(stays.api_key).get(PROFILE)).status, 200);
    const [listed] = await list('--account', 'revoked');
    assert.ok(Date.parse(listed?.revoked_at ?? '') > 0);
    assert.equal((await keys('revoke', gone.key_id)).code, 0, 'again');
    const [again] = await list('--account', 'revoked');
    assert.equal(again?.revoked_at, listed?.revoked_at);
  });

  it('revokes the configured key too, and a start with it is refused [L12.3, L9.8]', async () => {
    const own = await startServer();
    try {
      const { stdout } = await own.command(['keys', 'list', '--account', 'first', '--json']);
      const { key_id: id } = JSON.parse(stdout) as Listed;
      assert.equal((await own.command(['keys', 'revoke', id])).code, 0);
      const api = new Api(own);
      refusal(await api.get(PROFILE), { status: 401, code: 'invalid_api_key' });
      await own.stop();
      assert.equal(await own.spawn(), 1);
      assert.match(own.logs, /configured API key was revoked/);
    } finally {
      await own.remove();
    }
  });

  it('refuses wrong use, and does nothing then [L12.1, L12.3]', async () => {
    const before = await list();
    const wrong = [
      [],
      ['make', '--account', 'x'],
      ['create'],
      ['create', '--account', 'x', '--scope', 'root'],
      ['create', '--account', 'x', '--label', 'a\nb'],
      ['list', 'x'],
      ['revoke'],
    ];
    for (const args of wrong) {
      const { code, stderr } = await keys(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^(Usage: darkslide keys|error: [^\n]+\n\(see --help for usage\)\n$)/);
    }
    const unknown = await keys('revoke', '0123456789abcdef');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /no key 0123456789abcdef/);
    assert.deepEqual(await list(), before);
  });
});

describe('a scope', () => {
  for (const family of FAMILIES) {
    it(`allows its calls under ${family} and those of the scopes before it, and no others [L12.4, L12.5, E.insufficient_scope]`, async () => {
      const account = `scoped ${family}`;
      const apiWith = async (scope: string) => apiOf((await create('--account', account, '--scope', scope)).api_key);
      const [read, upload, admin] = [await apiWith('read'), await apiWith('upload'), await apiWith('admin')];
      const fixture = await makeFixture(admin, family);
      const calls = [...familyCalls(family), ...projectCalls(fixture)];
      const routes = calls.map(({ route }) => route);
      assert.deepEqual(routes.sort(), [...READ, ...UPLOAD, ...ADMIN].sort(), 'every route has a scope');
      for (const { route, method, path, body } of calls) {
        const needed = READ.includes(route) ? 'read' : UPLOAD.includes(route) ? 'upload' : 'admin';
        const refused = [read, upload].slice(0, ['read', 'upload', 'admin'].indexOf(needed));
        for (const api of refused) {
          const answer = await api.call(method, path, body && { body });
          const { message } = refusal(answer, { status: 403, code: 'insufficient_scope' });
          assert.ok(message.includes(`scope "${needed}"`), `${route}: ${message}`);
        }
        const least = { read, upload, admin }[needed];
        const answer = await least.call(method, path, body && { body });
        assert.ok(answer.status === 200 || answer.status === 204, `${route}: ${answer.text}`);
      }
      for (const { route, method, path } of projectCalls(fixture).filter(({ route }) => READ.includes(route))) {
        for (const api of [upload, admin]) assert.equal((await api.call(method, path)).status, 200, route);
      }
    });
  }

  it('refuses before it looks at what the call is about [L12.5, L1.8]', async () => {
    const { api_key: apiKey } = await create('--account', 'blind', '--scope', 'read');
    const theirs = await new Api(server).newProject();
    for (const project of [theirs, `${PROFILE}/00000000-0000-4000-8000-000000000000`, `${PROFILE}/x`]) {
      for (const body of [{ files_list: [{ file_name: 'a.NEF' }] }, {}, '{']) {
        refusal(await apiOf(apiKey).call('POST', `${project}/get_temporary_upload_links`, { body }), {
          status: 403,
          code: 'insufficient_scope',
        });
      }
    }
  });

  it('is in the OpenAPI document for every route [L12.4]', async () => {
    type Operation = { operationId: string; security: { apiKey?: string[] }[] };
    const { paths } = (await apiOf('none').get('/openapi.json')).json<{
      paths: Record<string, Record<string, Operation>>;
    }>();
    for (const [path, operations] of Object.entries(paths)) {
      // What a token asks about itself takes no key.
      if (!path.startsWith('/v1/') || path === '/v1/upload_token') continue;
      for (const { operationId, security } of Object.values(operations)) {
        assert.match(security[0]?.apiKey?.join() ?? '', /^(read|upload|admin)$/, operationId);
      }
    }
  });
});
