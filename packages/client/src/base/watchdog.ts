import { TransportError } from './errors.ts';
import type { Clock } from './ports.ts';

export type Watched = {
  signal: AbortSignal;
  /** Some bytes were sent: the transfer is not stalled. */
  progress: () => void;
  /** All bytes were sent: from now on the wait is for the response. */
  sent: () => void;
};

/** Never shown. A string as reason avoids creating an error for every request. */
const DONE = 'done';

/**
 * Runs one request and aborts it when nothing moves for too long: at most `stallMs` between two sent bytes, and at most
 * `responseMs` from the last byte to the response. Time in which the machine slept counts too: connections do not
 * survive it.
 * @throws {TransportError} `timeout`, or what the work throws, or the signal's reason.
 */
export async function watched<T>({
  clock,
  signal,
  stallMs,
  responseMs,
  work,
}: {
  clock: Clock;
  signal?: AbortSignal | undefined;
  stallMs: number;
  responseMs: number;
  work: (watched: Watched) => Promise<T>;
}): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const done = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });

  let lastMove = clock.now();
  let allowance = { ms: stallMs, what: 'no byte could be sent' };
  const watch = async () => {
    for (;;) {
      const left = lastMove + allowance.ms - clock.now();
      if (left <= 0) break;
      await clock.sleep(left, { signal: done.signal });
    }
    stop.abort(new TransportError('timeout', `${allowance.what} for ${Math.round(allowance.ms / 1000)} seconds`));
  };
  watch().catch(() => {});

  try {
    return await work({
      signal: stop.signal,
      progress: () => {
        lastMove = clock.now();
      },
      sent: () => {
        lastMove = clock.now();
        allowance = { ms: responseMs, what: 'no response came' };
      },
    });
  } finally {
    signal?.removeEventListener('abort', forward);
    done.abort(DONE);
  }
}
