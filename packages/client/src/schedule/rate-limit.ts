import type { Clock, Pace } from '../base/ports.ts';

/** The share of a second's bytes that may leave at once. */
const BURST_SECONDS = 1 / 8;
const LARGEST_PIECE = 64 * 1024;

/**
 * A cap on bytes a second over all transfers: each transfer learns when its bytes may leave, first come first served.
 * Over any stretch of t seconds at most `bytesPerSecond × t` bytes leave, plus one burst of an eighth of a second.
 */
export function createRateLimit({ bytesPerSecond, clock }: { bytesPerSecond: number; clock: Clock }): Pace {
  if (!(bytesPerSecond > 0)) throw new RangeError('A rate limit is more than 0 bytes a second');
  let free = clock.now();
  return {
    piece: Math.max(1, Math.min(LARGEST_PIECE, Math.floor(bytesPerSecond * BURST_SECONDS))),
    async take(bytes) {
      const now = clock.now();
      free = Math.max(free, now);
      const wait = free - now;
      free += (bytes / bytesPerSecond) * 1000;
      if (wait > 0) await clock.sleep(wait);
    },
  };
}
