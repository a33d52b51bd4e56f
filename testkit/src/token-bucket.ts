import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes a second that several connections share: a taker waits until its bytes have fitted. */
export class TokenBucket {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  /** The moment, in milliseconds, at which everything taken so far has passed. */
  #freeAt = 0;

  constructor({ bytesPerSecond, now = () => performance.now() }: { bytesPerSecond: number; now?: () => number }) {
    if (!(bytesPerSecond > 0)) throw new RangeError('bytesPerSecond must be more than 0.');
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Milliseconds to wait before these bytes may pass. */
  reserve(bytes: number): number {
    const now = this.#now();
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes / this.#bytesPerSecond) * 1000;
    return this.#freeAt - now;
  }

  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const wait = this.reserve(bytes);
    // Timers are not finer than this; shorter waits add up in the bucket and are slept together.
    if (wait >= 5) await sleep(wait, undefined, { signal });
  }
}
