import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Permits } from './permits.ts';

const turn = () => new Promise(setImmediate);

/** Sixteenths, so that sums are exact. */
const weights = fc.integer({ min: 1, max: 16 }).map((sixteenths) => sixteenths / 16);

test('admits no more weight than the limit at any moment, and everyone in the end', async () => {
  const step = fc.record({ priority: fc.nat(5), weight: weights, limit: fc.integer({ min: 1, max: 6 }) });
  const script = fc.array(step, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const permits = new Permits({ limit: 2 });
      let [load, done, allowed] = [0, 0, 2];
      const work = (weight: number) => async () => {
        load += weight;
        assert.ok(load <= allowed, `${load} where ${allowed} may`);
        await turn();
        load -= weight;
        done += 1;
      };
      const runs = steps.map(({ priority, weight, limit }) => {
        permits.limit = limit;
        // Those that are in stay in when the limit falls.
        allowed = Math.max(limit, permits.load);
        return permits.run({ priority, weight }, work(weight));
      });
      await Promise.all(runs);
      assert.deepEqual([done, permits.active, permits.load, permits.waiting], [steps.length, 0, 0, 0]);
      assert.equal(
        permits.released,
        steps.reduce((sum, { weight }) => sum + weight, 0),
      );
    }),
  );
});

test('admits the lowest number first, and equals in their order', async () => {
  const permits = new Permits({ limit: 1 });
  const order: string[] = [];
  const enter = (priority: number, name: string) =>
    permits.run({ priority }, async () => {
      order.push(name);
      await turn();
    });
  await Promise.all([enter(9, 'first'), enter(2, 'c'), enter(1, 'a'), enter(2, 'd'), enter(1, 'b')]);
  assert.deepEqual(order, ['first', 'a', 'b', 'c', 'd']);
});

test('releases the permit of work that fails, and the place of work that stops waiting', async () => {
  const permits = new Permits({ limit: 1 });
  const abort = new AbortController();
  const reason = new Error('enough');
  const failing = permits.run({ priority: 0 }, async () => {
    await turn();
    throw reason;
  });
  const waiting = permits.run({ priority: 0, signal: abort.signal }, async () => {});
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(failing, reason);
  assert.deepEqual([permits.active, permits.waiting], [0, 0]);
});

test('starts no work while it is paused', async () => {
  const permits = new Permits({ limit: 3 });
  permits.paused = true;
  let entered = false;
  const run = permits.run({ priority: 0 }, async () => {
    entered = true;
  });
  await turn();
  assert.equal(entered, false);
  permits.paused = false;
  await run;
});
