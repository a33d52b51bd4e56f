import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../src/base/ports.ts';

/** What every clock promises. `run` waits for a promise, and moves time where that does not move by itself. */
export function describeClock(
  name: string,
  create: () => { clock: Clock; run: <T>(wait: Promise<T>) => Promise<T> },
): void {
  describe(name, () => {
    test('sleeps as long as it is asked to, the shortest first', async () => {
      const { clock, run } = create();
      const woken: number[] = [];
      const before = clock.now();
      await run(Promise.all([20, 5, 10].map((ms) => clock.sleep(ms).then(() => woken.push(ms)))));
      assert.deepEqual(woken, [5, 10, 20]);
      // Timers count in whole milliseconds.
      assert.ok(clock.now() - before >= 19);
    });

    test('wakes with the reason when it is told to', async () => {
      const { clock, run } = create();
      const abort = new AbortController();
      const sleeping = clock.sleep(3_600_000, { signal: abort.signal });
      const reason = new Error('enough');
      abort.abort(reason);
      await assert.rejects(run(sleeping), reason);
      await assert.rejects(run(clock.sleep(1, { signal: abort.signal })), reason);
    });
  });
}
