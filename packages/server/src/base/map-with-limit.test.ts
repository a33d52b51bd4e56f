import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { mapWithLimit } from './map-with-limit.ts';

test('does every item once, never more at a time than the limit, as many as it may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 5 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 6 }),
      async (items, limit) => {
        let running = 0;
        let most = 0;
        const done: number[] = [];
        const indexes = items.map((_, index) => index);
        await mapWithLimit(indexes, limit, async (index) => {
          most = Math.max(most, ++running);
          for (let ticks = items[index] ?? 0; ticks >= 0; ticks--) await tick();
          done.push(index);
          running--;
        });
        assert.deepEqual(
          done.toSorted((a, b) => a - b),
          indexes,
        );
        assert.equal(most, Math.min(limit, items.length));
      },
    ),
  );
});

test('begins nothing after a failure', async () => {
  const begun: number[] = [];
  const work = mapWithLimit([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await tick();
    if (item === 1) throw new Error('no');
    await tick();
  });
  await assert.rejects(work, { message: 'no' });
  await tick();
  await tick();
  assert.deepEqual(begun, [1, 2]);
});
