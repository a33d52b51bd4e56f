import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

/** Timers are 32-bit: longer waits go in pieces, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const nodeClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  async sleep(ms, { signal } = {}) {
    signal?.throwIfAborted();
    try {
      for (let left = ms; left > 0; left -= LONGEST_TIMER) {
        await delay(Math.min(left, LONGEST_TIMER), undefined, { signal });
      }
    } catch (error) {
      // node:timers wraps the reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
