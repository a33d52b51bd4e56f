import { TransportError } from './errors.ts';
import type { Clock } from './ports.ts';

export type Watched = {
  signal: AbortSignal;
  /** Some bytes left: not stalled. */
  progress: () => void;
  /** All bytes left: from here on the wait is for the answer. */
  sent: () => void;
};

/** Nobody sees it: a reason of its own spares making an error for every exchange. */
const DONE = 'done';

/**
 * Runs an exchange and ends it when nothing moves: `stallMs` between two bytes that leave, `answerMs` from the last
 * byte to the answer, in milliseconds. What a machine slept through counts too: its connections are dead.
 * @throws {TransportError} `timeout`, or whatever the work throws, or the signal's reason.
 */
export async function watched<T>({
  clock,
  signal,
  stallMs,
  answerMs,
  work,
}: {
  clock: Clock;
  signal?: AbortSignal | undefined;
  stallMs: number;
  answerMs: number;
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
        allowance = { ms: answerMs, what: 'no answer came' };
      },
    });
  } finally {
    signal?.removeEventListener('abort', forward);
    done.abort(DONE);
  }
}
