import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../src/base/ports.ts';

/** What every clock promises. `run` waits for a promise, and moves time where that does not move by itself. */
export function describeClock(
  name: string,
  create: () => { clock: Clock; run: <T>(wait: Promise<T>) => Promise<T> },
): void {
  describe(name, () => {
    test('sleeps at least as long as it is asked to', async () => {
      const { clock, run } = create();
      const before = clock.now();
      const asked = [20, 5, 10];
      const slept = await run(Promise.all(asked.map((ms) => clock.sleep(ms).then(() => clock.now() - before))));
      // Timers count in whole milliseconds. A busy browser may wake several at once, in any order.
      for (const [at, ms] of asked.entries()) assert.ok((slept[at] ?? 0) >= ms - 1, `${slept[at]} of ${ms} ms`);
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
