import type { Clock } from '../../src/base/ports.ts';

type Timer = { at: number; wake: () => void };

/**
 * A clock that runs as fast as the work allows: `run` moves it to the next timer whenever nothing else is left to do.
 * What is awaited meanwhile must end by promises and timers of this clock alone.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #skew = 0;
  readonly #timers: Timer[] = [];

  now = (): number => this.#now;

  wall = (): number => Date.UTC(2026, 0, 1) + this.#now + this.#skew;

  /** From here on the machine believes that it is this many milliseconds later. */
  set skew(ms: number) {
    this.#skew = ms;
  }

  sleep = async (ms: number, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> => {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer: Timer = {
      at: this.#now + ms,
      wake: () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      },
    };
    const leave = () => {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    const place = this.#timers.findLastIndex(({ at }) => at <= timer.at) + 1;
    this.#timers.splice(place, 0, timer);
    await promise;
  };

  /** The machine sleeps: time passes, but nothing happens. */
  suspend(ms: number): void {
    this.#now += ms;
  }

  /** Waits for the promise, moving time on. @throws when it waits for something that can never happen. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => {
      settled = true;
    };
    promise.then(end, end);
    for (let idle = 0; !settled; ) {
      await new Promise(setImmediate);
      if (settled) break;
      const next = this.#timers.shift();
      if (next) {
        idle = 0;
        this.#now = Math.max(this.#now, next.at);
        next.wake();
      } else if (++idle > 100) {
        throw new Error('Nothing is left that could end the wait');
      }
    }
    return promise;
  }
}
