import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { onEveryDatabase, openTestDatabase } from '../../test/database.ts';
import { FakeObjectStore, noAnswer } from '../../test/fake-object-store.ts';
import type { DatabaseKind } from '../database/tables.ts';
import { createRules } from '../services.ts';
import { Sweep } from './abort-idle-uploads.ts';
import { LeftEndings } from './finish-interrupted-uploads.ts';

const DAY = 24 * 60 * 60_000;
const IDLE = 7 * DAY;

async function sweeping(t: TestContext, kind: DatabaseKind) {
  const clock = { now: 1_700_000_000_000, believed: true };
  const now = () => clock.now;
  const database = await openTestDatabase(t, kind, { clock: () => sql<number>`cast(${clock.now} as bigint)` });
  await database.accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: now() });
  const store = new FakeObjectStore({ now });
  const rules = createRules(database, store, { now });
  const scope = { accountId: 1, family: 'profile' } as const;
  const project = await rules.projects.find(scope, await rules.projects.create(scope));
  const { projects, uploads } = database;
  const endings = new LeftEndings({ uploads, ending: rules.ending });
  const sweep = new Sweep({
    projects,
    uploads,
    ending: rules.ending,
    store,
    clock: { now: () => (clock.believed ? clock.now : undefined) },
    idle: IDLE,
  });
  return {
    clock,
    store,
    project,
    ...rules,
    run: (signal = new AbortController().signal) => sweep.run({ signal }),
    finish: () => endings.run({ signal: new AbortController().signal }),
    start: async (file_name: string) => (await rules.multipart.start(project, { file_name, part_count: 2 })).upload_id,
  };
}

onEveryDatabase('the sweep', (kind) => {
  test('aborts uploads that had no link and no part for the idle time, and no other', async (t) => {
    const { clock, store, project, multipart, run, start } = await sweeping(t, kind);
    const idle = await start('idle');
    const linked = await start('linked');
    const fed = await start('fed');
    clock.now += IDLE - DAY;
    await multipart.partLinks(project, linked, [1]);
    store.putPart({ uploadId: fed }, 1, 5);
    clock.now += DAY;
    assert.deepEqual(await run(), { aborted: 0, orphans: 0 }, 'not before the limit has passed');
    clock.now += 1000;
    assert.deepEqual(await run(), { aborted: 1, orphans: 0 });
    assert.deepEqual([...store.uploads.keys()].sort(), [linked, fed].sort());
    assert.equal((await multipart.get(project, idle)).state, 'aborted');
    clock.now += IDLE;
    assert.deepEqual(await run(), { aborted: 2, orphans: 0 });
    assert.deepEqual(await run(), { aborted: 0, orphans: 0 });
  });

  test('aborts nothing while the time is not known', async (t) => {
    const { clock, store, project, run, start } = await sweeping(t, kind);
    await start('open');
    await store.createUpload(`${project.uuid}/orphan`);
    clock.now += 8 * DAY;
    clock.believed = false;
    assert.deepEqual(await run(), { aborted: 0, orphans: 0 });
    assert.equal(store.uploads.size, 2);
    clock.believed = true;
    assert.deepEqual(await run(), { aborted: 1, orphans: 1 });
  });

  test('aborts uploads of our projects that only storage knows, when they are as old', async (t) => {
    const { clock, store, project, run, start } = await sweeping(t, kind);
    const orphan = await store.createUpload(`${project.uuid}/orphan`);
    const fed = await store.createUpload(`${project.uuid}/fed`);
    const foreign = await store.createUpload('someone/else');
    const foreignProject = await store.createUpload(`${crypto.randomUUID()}/x`);
    clock.now += IDLE + 1000;
    const young = await store.createUpload(`${project.uuid}/young`);
    store.putPart({ uploadId: fed }, 1, 5);
    const known = await start('known');
    assert.deepEqual(await run(), { aborted: 0, orphans: 1 });
    assert.deepEqual(new Set(store.uploads.keys()), new Set([fed, foreign, foreignProject, young, known]));
    assert.ok(!store.uploads.has(orphan));
  });

  for (const [by, wait] of [
    ['the sweep', IDLE + 1000],
    ['the search for left endings', 15_001],
  ] as const) {
    test(`finishes what a dead node began, by ${by}`, async (t) => {
      const { clock, store, project, multipart, ending, run, finish, start } = await sweeping(t, kind);
      const half = await start('half aborted');
      const done = await start('completed without an answer');
      const undone = await start('not completed');
      for (const uploadId of [done, undone]) {
        store.putPart({ uploadId }, 1, 6_000_000);
        store.putPart({ uploadId }, 2, 5);
      }
      store.around = async (call, work) => {
        if (call === 'abortUpload') throw new Error('the node died');
        const result = work();
        if (call === 'completeUpload') throw new Error('the node died');
        return result;
      };
      await assert.rejects(ending.abort(project, half, {}));
      await assert.rejects(ending.complete(project, done, { file_name: 'completed without an answer' }));
      store.around = async (call, work) => {
        if (call === 'completeUpload') throw new Error('the node died');
        return work();
      };
      await assert.rejects(ending.complete(project, undone, { file_name: 'not completed' }));
      store.around = async (_, work) => work();
      assert.deepEqual(await finish(), { finished: 0 }, 'not while they are held');
      clock.now += wait;
      if (by === 'the sweep') {
        assert.deepEqual(await run(), { aborted: 2, orphans: 0 });
        assert.equal(store.uploads.size, 0);
      } else {
        assert.deepEqual(await finish(), { finished: 3 });
        assert.deepEqual(await finish(), { finished: 0 });
        assert.deepEqual([...store.uploads.keys()], [undone]);
        assert.equal((await multipart.get(project, undone)).state, 'open');
      }
      assert.equal((await multipart.get(project, half)).state, 'aborted');
      assert.equal((await multipart.get(project, done)).state, 'completed');
      const again = await ending.complete(project, done, { file_name: 'completed without an answer' });
      assert.equal(again.size, 6_000_005);
    });
  }

  test('ends when it is told to', async (t) => {
    const { clock, store, run, start } = await sweeping(t, kind);
    await start('idle');
    clock.now += IDLE + 1000;
    store.calls.length = 0;
    await run(AbortSignal.abort());
    assert.deepEqual(
      store.calls.filter((call) => call !== 'openUploads'),
      [],
    );
  });

  test('goes on past an upload that fails, and gives up where all do', async (t) => {
    const { clock, store, run, start } = await sweeping(t, kind);
    for (let count = 0; count < 8; count++) await start(`idle ${count}`);
    clock.now += IDLE + 1000;
    let asked = 0;
    store.around = async (call, work) => {
      if (call === 'abortUpload' && ++asked === 2) throw noAnswer();
      return work();
    };
    await assert.rejects(run(), { name: 'StorageUnavailableError' });
    assert.deepEqual([asked, store.uploads.size], [8, 1]);

    for (let count = 0; count < 8; count++) await start(`idle again ${count}`);
    clock.now += IDLE + 1000;
    asked = 0;
    store.around = async () => {
      asked++;
      throw noAnswer();
    };
    await assert.rejects(run(), { name: 'StorageUnavailableError' });
    assert.equal(asked, 5 + 1, 'five uploads, and the list of those that only storage knows');
  });
});
