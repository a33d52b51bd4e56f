import type { Clock } from '../base/ports.ts';

/** Timers are 32-bit: longer waits go in pieces, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const nodeClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  async sleep(ms, { signal } = {}) {
    for (let left = ms; left > 0; left -= LONGEST_TIMER) await delay(Math.min(left, LONGEST_TIMER), signal);
    signal?.throwIfAborted();
  },
};

/** As `node:timers/promises`, but ended with the signal's own reason: making an `AbortError` for each would cost. */
function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
