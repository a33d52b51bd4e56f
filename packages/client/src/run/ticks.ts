import type { Clock } from '../base/ports.ts';

/** Progress is reported, and the number of transfers adapted, this often. */
const TICK_MS = 250;

/** Calls `tick` every `TICK_MS` until the returned function is called. */
export function startTicks(clock: Clock, tick: () => void): () => void {
  const ended = new AbortController();
  const run = async () => {
    for (;;) {
      await clock.sleep(TICK_MS, { signal: ended.signal });
      tick();
    }
  };
  run().catch(() => {});
  return () => ended.abort();
}
