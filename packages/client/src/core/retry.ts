import type { Clock, Random } from './ports.ts';

export type RetryPolicy = {
  /** The first wait is between 0 and this, in milliseconds; each further one may be twice as long. */
  baseMs: number;
  /** No wait is longer, in milliseconds, but what a server asks for. */
  capMs: number;
  /** Given up only after so many attempts … */
  attempts: number;
  /** … and only when it has failed for so long, in milliseconds: an outage of minutes is waited out. */
  patienceMs: number;
};

export const DEFAULT_RETRY: RetryPolicy = { baseMs: 400, capMs: 20_000, attempts: 6, patienceMs: 5 * 60_000 };

/** The longest that a server's `Retry-After` is followed, in milliseconds. */
const LONGEST_RETRY_AFTER = 5 * 60_000;

/** A wait that took so much longer than asked, in milliseconds, means that the machine was asleep. */
const SLEPT = 30_000;

/** What to do about a failed attempt. `afterMs`: the server said when, or 0 for at once. */
export type Verdict = { retry: false } | { retry: true; afterMs?: number | undefined };

export type RetryInfo = {
  /** Which attempt failed, from 1. */
  attempt: number;
  delayMs: number;
  error: unknown;
};

/**
 * The wait before attempt `attempt + 1`, in milliseconds: exponential with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), so that clients that failed together don't come back together.
 */
export function backoffMs({
  attempt,
  policy,
  random,
}: {
  attempt: number;
  policy: RetryPolicy;
  random: Random;
}): number {
  return random() * Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
}

/**
 * The one place that repeats what failed. It also knows when *everything* has been failing for longer than the
 * policy's patience: from then on nothing is waited for any more, so that a run of thousands of files ends.
 */
export class Retrier {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  #failingSince: number | undefined;

  constructor({ policy, clock, random }: { policy: RetryPolicy; clock: Clock; random: Random }) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether nothing at all has succeeded for as long as it is worth waiting. */
  get outage(): boolean {
    return this.#failingSince !== undefined && this.#clock.now() - this.#failingSince >= this.#policy.patienceMs;
  }

  /**
   * Runs `attempt` until it succeeds, the verdict is against it, or patience ends.
   * @throws the last attempt's error, or the signal's reason.
   */
  async run<T>({
    attempt,
    judge,
    signal,
    onRetry,
  }: {
    attempt: (number: number) => Promise<T>;
    judge: (error: unknown) => Verdict;
    signal?: AbortSignal | undefined;
    onRetry?: ((info: RetryInfo) => void) | undefined;
  }): Promise<T> {
    let firstFailure: number | undefined;
    for (let number = 1; ; number += 1) {
      try {
        const result = await attempt(number);
        this.#failingSince = undefined;
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = judge(error);
        if (!verdict.retry) throw error;
        firstFailure ??= this.#clock.now();
        this.#failingSince ??= firstFailure;
        const spent = number >= this.#policy.attempts && this.#clock.now() - firstFailure >= this.#policy.patienceMs;
        if (spent || this.outage) throw error;

        const delayMs = this.#delay(number, verdict.afterMs);
        onRetry?.({ attempt: number, delayMs, error });
        const slept = await this.#wait(delayMs, signal);
        if (slept) {
          firstFailure = undefined;
          this.#failingSince = undefined;
        }
      }
    }
  }

  #delay(attempt: number, afterMs: number | undefined): number {
    if (afterMs !== undefined) return Math.min(afterMs, LONGEST_RETRY_AFTER);
    return backoffMs({ attempt, policy: this.#policy, random: this.#random });
  }

  /** Says whether the machine was asleep meanwhile: that time is no outage. */
  async #wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const before = this.#clock.now();
    await this.#clock.sleep(ms, { signal });
    return this.#clock.now() - before > ms + SLEPT;
  }
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or undefined where it says nothing usable.
 * A date is read against the answer's own `Date`: the clock of this machine may be wrong.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const header = headers['retry-after']?.trim();
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const wait = Date.parse(header) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
