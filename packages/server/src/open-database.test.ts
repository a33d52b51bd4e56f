import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { newDatabase, onEveryDatabase, openedFor, openTestDatabase } from '../test/database.ts';
import type { DatabaseConfig } from './database/config.ts';
import { initial } from './database/migrations/0001-initial.ts';
import { postgres } from './database/postgres.ts';
import { sqliteDialect } from './database/sqlite.ts';
import { openDatabase } from './open-database.ts';

const OPEN = `
  const { openDatabase } = await import(${JSON.stringify(new URL('./open-database.ts', import.meta.url).href)});
  const database = await openDatabase(JSON.parse(process.argv[1]));
  await database.close();
`;

/** The tables as the first version made them. */
async function makeFirstVersion(config: DatabaseConfig): Promise<void> {
  const { kind } = config;
  const dialect = kind === 'sqlite' ? sqliteDialect(config.path) : postgres(config.url).dialect;
  const db = new Kysely<unknown>({ dialect });
  const migrations = { '0001-initial': { up: (db: Kysely<unknown>) => initial(db, kind) } };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  assert.equal((await migrator.migrateToLatest()).error, undefined);
  await db.destroy();
}

onEveryDatabase('the database', (kind) => {
  for (const from of ['nothing', 'an older version'] as const) {
    test(`is brought up to date from ${from} once by servers that start together`, async (t) => {
      const config = await newDatabase(t, kind);
      if (from === 'an older version') await makeFirstVersion(config);
      const codes = await Promise.all(
        [1, 2, 3].map(async () => {
          const args = ['--input-type=module', '--eval', OPEN, JSON.stringify(config)];
          const [code] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }), 'exit');
          return code;
        }),
      );
      assert.deepEqual(codes, [0, 0, 0]);
      const { projects } = await openedFor(t, config);
      assert.deepEqual(await projects.list({ accountId: 1, family: 'profile' }, { offset: 0, limit: 1 }), {
        projects: [],
        total: 0,
      });
    });
  }

  test('keeps what it was told when it is opened again', async (t) => {
    const config = await newDatabase(t, kind);
    const key = { prefix: 'p', hash: 'h', created_at: 1 };
    const first = await openedFor(t, config);
    assert.equal(await first.accounts.addFirstKey(key), true);
    const second = await openedFor(t, config);
    assert.equal(await second.accounts.addFirstKey({ ...key, hash: 'other' }), false);
    assert.deepEqual(
      (await second.accounts.workingKeys('p')).map(({ hash, account_id }) => [hash, account_id]),
      [['h', 1]],
    );
  });

  test('takes 10,000 names at once, and lists them by their bytes', async (t) => {
    const { accounts, projects, files } = await openTestDatabase(t, kind);
    await accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 1 });
    const owner = { accountId: 1, family: 'profile' } as const;
    await projects.add(owner, { uuid: 'u', name: 'n', now: 1 });
    const { id } = (await projects.find(owner, { uuid: 'u' })) ?? assert.fail();
    const names = Array.from({ length: 9_996 }, (_, index) => `DSC_${index}.NEF`);
    names.push('dsc_1.NEF', '\u00e9.NEF', '\uffe6.NEF', '\u{1f4f7}.NEF');
    await files.request(
      { id },
      names.map((name) => ({ name, md5: null })),
    );
    const listed = await files.list(id, { after: '', limit: 20_000 });
    const inBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(
      listed.map(({ name }) => name),
      inBytes,
    );
    assert.equal(await files.nextPending(id, ''), inBytes[0]);
    assert.equal(await files.nextPending(id, inBytes.at(-2) ?? ''), inBytes.at(-1));
    await files.store(id, [{ name: '\u{1f4f7}.NEF', size: 2 ** 45, etag: 'e', uploadedAt: 5 }]);
    assert.equal((await files.find(id, '\u{1f4f7}.NEF'))?.size, 2 ** 45);
    assert.equal(await files.nextPending(id, inBytes.at(-2) ?? ''), undefined);
    assert.deepEqual({ ...(await projects.counts([id]))[0] }, { id, file_count: 10_000, arrived_count: 1 });
  });

  test('counts the files of a project and those that arrived, whatever is done to them', async (t) => {
    const { accounts, projects, files, uploads } = await openTestDatabase(t, kind);
    await accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 1 });
    const owner = { accountId: 1, family: 'profile' } as const;
    const makeProject = async (uuid: string) => {
      await projects.add(owner, { uuid, name: uuid, now: 1 });
      return (await projects.find(owner, { uuid })) ?? assert.fail();
    };
    const countsOf = async (id: number) => {
      const [counts] = await projects.counts([id]);
      return [counts?.file_count, counts?.arrived_count];
    };
    const bystander = await makeProject('bystander');
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
    const steps = fc.array(fc.record({ step: fc.constantFrom('request', 'store', 'forget', 'multipart'), names }));
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { id } = await makeProject(`u${runs++}`);
        const asked = new Set<string>();
        const arrived = new Set<string>();
        for (const [moment, { step, names }] of all.entries()) {
          for (const name of names) if (step !== 'forget') asked.add(name);
          if (step === 'request') {
            await files.request(
              { id },
              names.map((name) => ({ name, md5: null })),
            );
          }
          if (step === 'store') {
            await files.store(
              id,
              names.map((name) => ({ name, size: 1, etag: 'e', uploadedAt: moment })),
            );
            for (const name of names) arrived.add(name);
          }
          if (step === 'forget') {
            await files.forget(id, { lost: names });
            for (const name of names) arrived.delete(name);
          }
          if (step === 'multipart') for (const name of names) await completeUpload(id, name, moment);
        }
        assert.deepEqual(await countsOf(id), [asked.size, arrived.size]);

        async function completeUpload(project_id: number, file_name: string, moment: number) {
          const upload_id = `${moment}-${file_name}`;
          await uploads.add(
            { project_id, upload_id, file_name, part_count: 1, declared_size: 1 },
            { md5: null, now: 1 },
          );
          const upload = (await uploads.find(project_id, upload_id)) ?? assert.fail();
          await uploads.complete(upload, { size: 1, etag: 'e', uploadedAt: moment });
          arrived.add(file_name);
        }
      }),
      { numRuns: 30 },
    );
    assert.deepEqual(await countsOf(bystander.id), [0, 0]);
  });
});

test('a database of a newer version, or none at all, is refused in one sentence', async (t) => {
  const config = await newDatabase(t);
  if (config.kind !== 'sqlite') return assert.fail();
  await (await openDatabase(config)).close();
  const raw = new DatabaseSync(config.path);
  raw.exec(`insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01T00:00:00.000Z')`);
  raw.close();
  await assert.rejects(openDatabase(config), { message: /was written by a newer version of darkslide: / });

  const url = 'postgres://someone:secret@127.0.0.1:1/nothing';
  await assert.rejects(openDatabase({ kind: 'postgres', url }), ({ message }: Error) => {
    assert.match(message, /^The database 127\.0\.0\.1:1\/nothing refuses connections: .*\.$/);
    return !message.includes('secret');
  });
  await assert.rejects(openDatabase({ kind: 'sqlite', path: '/nowhere/at/all.sqlite' }), {
    message: /can't be opened/,
  });
});

test('a full disk is told as such, though it has ended the transaction', async (t) => {
  const config = await newDatabase(t, 'sqlite');
  if (config.kind !== 'sqlite') return assert.fail();
  const db = new Kysely<unknown>({ dialect: sqliteDialect(config.path) });
  t.after(() => db.destroy());
  await sql`create table t (x blob)`.execute(db);
  await sql`pragma cache_size = 1`.execute(db);
  await sql`pragma max_page_count = 10`.execute(db);
  const fill = () =>
    db.transaction().execute(async (trx) => {
      for (;;) await sql`insert into t values (zeroblob(10000))`.execute(trx);
    });
  await assert.rejects(fill(), /database or disk is full/);
  await sql`pragma max_page_count = 1000`.execute(db);
  await db.transaction().execute((trx) => sql`insert into t values (zeroblob(10000))`.execute(trx));
});
