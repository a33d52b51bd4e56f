import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { ApiError, MIN_PART_SIZE, type schemas } from '@darkslide/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { onEveryDatabase, openTestDatabase } from '../../test/database.ts';
import { FakeObjectStore, noAnswer } from '../../test/fake-object-store.ts';
import { createRules } from '../services.ts';

/** A node that dies in the middle of a request: it sends no response and cleans nothing up. */
class Crash extends Error {
  override readonly name = 'Crash';
}

const FAULTS = ['none', 'no answer before', 'no answer after', 'crash before', 'crash after', 'stall'] as const;
type Fault = (typeof FAULTS)[number];

const faults = fc.array(
  fc.record({
    kind: fc.oneof({ weight: 4, arbitrary: fc.constant<Fault>('none') }, fc.constantFrom(...FAULTS)),
    ticks: fc.nat({ max: 6 }),
  }),
  { maxLength: 24 },
);
const requests = fc.array(
  fc.record({ what: fc.constantFrom('complete', 'abort', 'get'), after: fc.nat({ max: 30 }) }),
  { minLength: 1, maxLength: 5 },
);

const HOLD_MS = 1000;
const CONTENT = 'the parts of IMG_0001.CR3';

type Outcome =
  | { did: 'completed'; body: schemas.MultipartCompleted }
  | { did: 'aborted' }
  | { did: 'refused'; code: string };

onEveryDatabase('the end of a multipart upload', (kind) => {
  test('has one winner and heals, however many ask at once and whatever fails', async (t) => {
    let clock = 1_700_000_000_000;
    const now = () => clock;
    const database = await openTestDatabase(t, kind, { clock: () => sql<number>`cast(${clock} as bigint)` });
    await database.accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: clock });
    const scope = { accountId: 1, family: 'profile' } as const;

    const runs = kind === 'sqlite' ? 300 : 60;
    await fc.assert(
      fc.asyncProperty(faults, requests, fc.boolean(), async (plan, wanted, abortsUnknown) => {
        const store = new FakeObjectStore({ now });
        store.abortsUnknown = abortsUnknown;
        const { projects, multipart, ending } = createRules(database, store, {
          now,
          times: { holdMs: HOLD_MS, renewMs: 60_000, waitMs: 20, pollMs: 1 },
        });
        const project = await projects.find(scope, await projects.create(scope));
        const { upload_id: id, key } = await multipart.start(project, { file_name: 'IMG_0001.CR3', part_count: 2 });
        store.putPart({ uploadId: id }, 1, MIN_PART_SIZE, CONTENT);
        store.putPart({ uploadId: id }, 2, 7);

        const steps = plan.values();
        store.around = async (_, work) => {
          const { kind, ticks } = steps.next().value ?? { kind: 'none', ticks: 0 };
          for (let n = 0; n < ticks; n++) await tick();
          // The node lives, but could not renew what it holds.
          if (kind === 'stall') clock += HOLD_MS + 1;
          if (kind === 'no answer before') throw noAnswer();
          if (kind === 'crash before') throw new Crash();
          const result = work();
          for (let n = 0; n < ticks; n++) await tick();
          if (kind === 'no answer after') throw noAnswer();
          if (kind === 'crash after') throw new Crash();
          return result;
        };

        const ask = async (request: string): Promise<Outcome> => {
          try {
            if (request === 'complete') {
              return { did: 'completed', body: await ending.complete(project, id, { file_name: 'IMG_0001.CR3' }) };
            }
            if (request === 'get') {
              await multipart.get(project, id);
              return { did: 'refused', code: 'only looked' };
            }
            await ending.abort(project, id, { key });
            return { did: 'aborted' };
          } catch (error) {
            if (error instanceof ApiError) return { did: 'refused', code: error.code };
            if (error instanceof Crash || (error as Error).name === 'StorageUnavailableError') {
              return { did: 'refused', code: 'no answer' };
            }
            throw error;
          }
        };
        const outcomes = await Promise.all(
          wanted.map(async ({ what, after }) => {
            for (let n = 0; n < after; n++) await tick();
            return await ask(what);
          }),
        );

        // The dead nodes' holds run out; storage answers again.
        store.around = async (_, work) => work();
        clock += HOLD_MS + 1;
        outcomes.push(await ask('complete'), await ask('abort'), await ask('complete'));

        const final = outcomes.slice(-3).map((outcome) => (outcome.did === 'refused' ? outcome.code : outcome.did));
        const completed = outcomes.filter((outcome) => outcome.did === 'completed');
        const aborted = outcomes.filter(({ did }) => did === 'aborted');
        const state = (await multipart.get(project, id)).state;
        const [file] = (await createRules(database, store).arrivals.list(project, { after: '', limit: 10 })).files;
        assert.equal(store.uploads.size, 0, 'storage holds no part any more');
        if (completed.length > 0) {
          assert.equal(aborted.length, 0, 'no client was told that it was aborted');
          assert.deepEqual(final, ['completed', 'upload_completed', 'completed']);
          for (const { body } of completed) assert.deepEqual(body, completed[0]?.body);
          const object = store.objects.get(key);
          assert.deepEqual([object?.etag, object?.size], [completed[0]?.body.etag, MIN_PART_SIZE + 7]);
          assert.equal(state, 'completed');
          assert.equal(file?.status, 'uploaded');
        } else {
          assert.deepEqual(final, ['upload_not_found', 'aborted', 'upload_not_found']);
          assert.equal(store.objects.size, 0);
          assert.equal(state, 'aborted');
          assert.equal(file, undefined, 'the name goes with its last upload');
        }
      }),
      { numRuns: runs },
    );
  });

  test('an abort finds out that a complete without an answer had succeeded', async (t) => {
    const database = await openTestDatabase(t, kind);
    await database.accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 0 });
    const store = new FakeObjectStore();
    store.abortsUnknown = true;
    const { projects, multipart, ending } = createRules(database, store);
    const scope = { accountId: 1, family: 'smart-editing' } as const;
    const project = await projects.find(scope, await projects.create(scope));
    const { upload_id: id, key } = await multipart.start(project, { file_name: 'a', part_count: 1 });
    store.putPart({ uploadId: id }, 1, 10);

    store.around = async (call, work) => {
      const result = work();
      if (call === 'completeUpload') throw noAnswer();
      return result;
    };
    await assert.rejects(ending.complete(project, id, { file_name: 'a' }), { name: 'StorageUnavailableError' });
    await assert.rejects(ending.abort(project, id, {}), { code: 'upload_completed' });
    assert.equal((await ending.complete(project, id, { file_name: 'a' })).key, key);
  });

  test('is held for as long as storage works on it, however long that is', async (t) => {
    const clock = { now: 1_700_000_000_000 };
    const database = await openTestDatabase(t, kind, { clock: () => sql<number>`cast(${clock.now} as bigint)` });
    await database.accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 0 });
    const store = new FakeObjectStore();
    // This clock is read when a statement is made, the database's own when it runs: here none may overtake another.
    const { uploads } = database;
    const holdOn = uploads.holdOn.bind(uploads);
    let last = Promise.resolve();
    uploads.holdOn = (...hold) => {
      last = last.then(() => holdOn(...hold));
      return last;
    };
    const times = { holdMs: HOLD_MS, renewMs: 5, waitMs: 10, pollMs: 1 };
    const { projects, multipart, ending } = createRules(database, store, { times });
    const scope = { accountId: 1, family: 'profile' } as const;
    const project = await projects.find(scope, await projects.create(scope));
    const { upload_id: id } = await multipart.start(project, { file_name: 'a', part_count: 1 });
    store.putPart({ uploadId: id }, 1, 10);

    const begun = Promise.withResolvers<void>();
    const storageWorks = Promise.withResolvers<void>();
    store.around = async (call, work) => {
      if (call === 'completeUpload') {
        begun.resolve();
        await storageWorks.promise;
      }
      return work();
    };
    const completing = ending.complete(project, id, { file_name: 'a' });
    await begun.promise;
    for (let renewals = 0; renewals < 3; renewals++) {
      clock.now += HOLD_MS - 1;
      while (((await database.uploads.find(project.id, id))?.held_for ?? 0) < HOLD_MS) await tick();
    }
    await assert.rejects(ending.abort(project, id, {}), { code: 'upload_busy' });
    storageWorks.resolve();
    assert.equal((await completing).size, 10);
  });
});
