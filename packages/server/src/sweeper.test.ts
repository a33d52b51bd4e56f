import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Sweeper } from './sweeper.ts';
import type { Sweep } from './uploads/sweep.ts';

/** A sweeper whose passes the test sees, one after the other. */
function sweeping(pass: (number: number, signal: AbortSignal) => Promise<void>) {
  let passes = 0;
  const sweep: Pick<Sweep, 'run'> = {
    run: async ({ signal }) => {
      await pass(++passes, signal);
      return { aborted: 0, orphans: 0 };
    },
  };
  const sweeper = new Sweeper({ sweep, intervalSeconds: 0.001, log: pino({ level: 'silent' }) });
  sweeper.start();
  return sweeper;
}

test('the sweep runs again and again, also after it failed', async () => {
  const sweeper = await new Promise<Sweeper>((resolve) => {
    const sweeper = sweeping(async (number) => {
      if (number < 3) throw new Error('storage does not answer');
      resolve(sweeper);
    });
  });
  await sweeper.stop();
});

test('a stop ends the pass under way, and no other begins', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let begun = 0;
  let ended = 0;
  const sweeper = sweeping(async (number, signal) => {
    begun = number;
    await new Promise((aborted) => signal.addEventListener('abort', aborted));
    ended++;
  });
  t.mock.timers.tick(10);
  assert.deepEqual([begun, ended], [1, 0]);
  await sweeper.stop();
  t.mock.timers.tick(1_000_000);
  assert.deepEqual([begun, ended], [1, 1]);
});
