import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { CALLS, type CallName, callPath } from '@darkslide/contract';
import { ROUTES, type Route } from '@darkslide/contract/routes';
import type { TSchema } from 'typebox';
import { startTestServer, type TestServer } from '../../test/server.ts';

type Fields = Record<string, unknown>;
type Step = { call: CallName; params?: Record<string, string>; query?: Fields; body?: Fields };

/** Fit the smallest limit of a body. */
const NAMES_AT_ONCE = 1800;

/** Every name that a field or a variable of the server has, in both ways of writing it. */
function internalNames(server: TestServer): Set<string> {
  const sources = join(import.meta.dirname, '..');
  const names = new Set<string>();
  for (const file of globSync('**/*.ts', { cwd: sources })) {
    if (file.endsWith('.test.ts')) continue;
    for (const [name] of readFileSync(join(sources, file), 'utf8').matchAll(/\b[a-z_]\w{1,40}\b/gi)) names.add(name);
  }
  for (const row of rowsOf(server)) for (const name of Object.keys(row)) names.add(name);
  const snake = [...names].map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const camel = [...names].map((name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  for (const name of ['keyId', 'key_id', 'project_id', 'accountId', 'caller', 'token', 'revoked_at']) {
    assert.ok([...names, ...snake, ...camel].includes(name), `${name} is among the names that were found`);
  }
  return new Set([...names, ...snake, ...camel, '__proto__', 'constructor']);
}

/** Every row of every table, past the server. */
function rowsOf({ databaseConfig }: TestServer): Fields[] {
  if (databaseConfig.kind !== 'sqlite') throw new Error('Only a file can be looked into.');
  const db = new DatabaseSync(databaseConfig.path, { readOnly: true });
  try {
    const tables = db.prepare(`select name from sqlite_master where type = 'table' order by name`).all();
    return tables.flatMap(({ name }) =>
      db
        .prepare(`select '${name}' as "table", * from "${name}"`)
        .all()
        .map((row) => ({ ...row })),
    );
  } finally {
    db.close();
  }
}

/** What is different in any two runs, made the same: ids by the order in which they come, and moments. */
function normalized(value: unknown): string {
  const ids = new Map<string, string>();
  return JSON.stringify(value)
    .replace(/dst_[\w-]{43}|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|\b[0-9a-f]{16}\b/g, (id) => {
      if (!ids.has(id)) ids.set(id, `id ${ids.size}`);
      return ids.get(id) ?? '';
    })
    .replace(/"account \d+"/g, '"account"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\b1[6-9]\d{11}\b/g, 'moment');
}

/** Goes through every call of the API with a request that succeeds; `step` makes each. */
async function everyCall(server: TestServer, step: (step: Step) => Promise<Fields>): Promise<void> {
  const { project_uuid } = (await step({ call: 'createProject', body: { name: 'Shoot' } })) as Record<string, string>;
  const of = { project_uuid: project_uuid as string };
  await step({ call: 'isValidName', query: { name: 'Other' } });
  await step({ call: 'projectUuid', params: { name: 'Shoot' } });
  const files = [{ file_name: 'a.NEF' }, { file_name: 'b.NEF', size: 4 }];
  await step({ call: 'uploadLinks', params: of, body: { files_list: files } });
  await step({ call: 'uploadLink', params: of, query: { file_name: 'c.NEF' } });
  server.store.put(`${of.project_uuid}/a.NEF`, 'bytes');

  const started = await step({ call: 'startMultipart', params: of, body: { file_name: 'd.NEF', part_count: 1 } });
  const ofUpload = { ...of, upload_id: String(started.upload_id) };
  await step({ call: 'partLinks', params: ofUpload, body: { part_numbers: [1] } });
  server.store.putPart({ uploadId: ofUpload.upload_id }, 1, 9);
  await step({ call: 'getMultipart', params: ofUpload });
  await step({ call: 'completeMultipart', params: ofUpload, body: { file_name: 'd.NEF' } });
  const spare = await step({ call: 'startMultipart', params: of, body: { file_name: 'e.NEF', part_count: 2 } });
  await step({ call: 'listMultiparts', params: of });
  await step({ call: 'abortMultipart', params: { ...of, upload_id: String(spare.upload_id) }, body: {} });

  await step({ call: 'mintUploadToken', params: of, body: { max_files: 3 } });
  const { token_id } = await step({ call: 'mintUploadToken', params: of, body: {} });
  await step({ call: 'listUploadTokens', params: of });
  await step({ call: 'revokeUploadToken', params: { ...of, token_id: String(token_id) } });
  await step({ call: 'listFiles', params: of });
  await step({ call: 'getFile', params: { ...of, file_name: 'a.NEF' } });
  await step({ call: 'listShots', params: of });
  await step({ call: 'getProject', params: of });
  await step({ call: 'listProjects' });
  await step({ call: 'deleteFile', params: { ...of, file_name: 'a.NEF' } });
  const spareProject = await step({ call: 'createProject', body: { name: 'Spare' } });
  await step({ call: 'deleteProject', params: { project_uuid: String(spareProject.project_uuid) } });
}

/** What each call answered, and what the database holds after all of them. */
async function run(t: TestContext, extra: { names: Iterable<string>; value: unknown }) {
  const server = await startTestServer(t);
  // An account whose ids an intruder would name.
  await server.otherKey();
  const answers: unknown[] = [];
  const seen = new Set<CallName>();
  const beside = (declared: TSchema | undefined) => {
    const properties = (declared as { properties?: Fields } | undefined)?.properties ?? {};
    return [...extra.names].filter((name) => !Object.hasOwn(properties, name)).map((name) => [name, extra.value]);
  };
  await everyCall(server, async ({ call, params, query = {}, body }) => {
    seen.add(call);
    const route: Route = ROUTES[call];
    const text = [...Object.entries(query), ...beside(route.query)].map((pair) => pair.map(encode).join('=')).join('&');
    const path = `${callPath('profile', call, params)}?${text}`;
    const sent = JSON.stringify(withExtra(body ?? {}, beside(route.body), [...extra.names], extra.value));
    const isBare = CALLS[call].method === 'GET';
    const answer = await server.call(CALLS[call].method, path, isBare ? undefined : sent);
    assert.ok(answer.status < 300, `${call}: ${answer.status} ${JSON.stringify(answer.body)}`);
    answers.push([call, answer.status, answer.body]);
    return answer.body?.data ?? {};
  });
  assert.deepEqual([...seen].sort(), Object.keys(CALLS).sort(), 'every call was made');
  return { server, answers: normalized(answers), rows: normalized(rowsOf(server)) };
}

const encode = (value: unknown) => encodeURIComponent(String(value));

/** The body with more fields beside its own, also in each entry of a list. */
function withExtra(body: Fields, more: unknown[][], names: string[], value: unknown): Fields {
  // Own names stay last, and win; `__proto__` has to be a field like any other.
  const extended = Object.fromEntries([...more, ...Object.entries(body)] as [string, unknown][]);
  const list = body.files_list as Fields[] | undefined;
  if (list === undefined) return extended;
  const others = names.filter((name) => !['file_name', 'md5', 'size'].includes(name));
  const entries = list.map((entry) =>
    Object.fromEntries([...others.map((name) => [name, value] as const), ...Object.entries(entry)]),
  );
  return { ...extended, files_list: entries };
}

test('no field that a schema does not declare changes anything, whatever it is called', async (t) => {
  const plain = await run(t, { names: [], value: 2 });
  const all = [...internalNames(plain.server)];
  const values = [2, null];
  for (let first = 0; first < all.length; first += NAMES_AT_ONCE) {
    const names = all.slice(first, first + NAMES_AT_ONCE);
    for (const value of values) {
      const extended = await run(t, { names, value });
      assert.equal(extended.answers, plain.answers);
      assert.equal(extended.rows, plain.rows);
    }
  }
});
