import type { Clock, Random } from './ports.ts';

export type RetryPolicy = {
  /** The first wait is between 0 and this, in milliseconds; each further one may be twice as long. */
  baseMs: number;
  /** No wait is longer, in milliseconds, but what a server asks for. */
  capMs: number;
  /** Given up only after so many attempts … */
  attempts: number;
  /** … and only when so much was spent on failing and waiting, in milliseconds: an outage of minutes is waited out. */
  patienceMs: number;
};

export const DEFAULT_RETRY: RetryPolicy = { baseMs: 400, capMs: 20_000, attempts: 6, patienceMs: 5 * 60_000 };

/** The longest that a server's `Retry-After` is followed, in milliseconds. */
const LONGEST_RETRY_AFTER = 5 * 60_000;

/**
 * Of an attempt no more than this counts against patience, in milliseconds: it may have been of use for hours before
 * it failed, or the machine may have been asleep.
 */
const COUNTED_OF_ATTEMPT = 30_000;

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
 * The one place that repeats what failed. When one thing has used up the policy's patience and nothing else succeeded
 * meanwhile, that is an outage: from then on nothing is waited for any more, so that a run of thousands of files ends.
 */
export class Retrier {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #outage = false;

  constructor({ policy, clock, random }: { policy: RetryPolicy; clock: Clock; random: Random }) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether nothing at all gets through, for longer than it is worth waiting. */
  get outage(): boolean {
    return this.#outage;
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
    let spentMs = 0;
    for (let number = 1; ; number += 1) {
      const began = this.#clock.now();
      try {
        const result = await attempt(number);
        this.#succeed();
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = judge(error);
        if (!verdict.retry) throw error;
        const now = this.#clock.now();
        firstFailure ??= now;
        spentMs += Math.min(now - began, COUNTED_OF_ATTEMPT);
        const exhausted = number >= this.#policy.attempts && spentMs >= this.#policy.patienceMs;
        if (exhausted && this.#lastSuccess < firstFailure) this.#outage = true;
        if (exhausted || this.#outage) throw error;

        const delayMs = this.#delay(number, verdict.afterMs);
        spentMs += delayMs;
        onRetry?.({ attempt: number, delayMs, error });
        await this.#clock.sleep(delayMs, { signal });
      }
    }
  }

  #succeed(): void {
    this.#lastSuccess = this.#clock.now();
    this.#outage = false;
  }

  #delay(attempt: number, afterMs: number | undefined): number {
    if (afterMs !== undefined) return Math.min(afterMs, LONGEST_RETRY_AFTER);
    return backoffMs({ attempt, policy: this.#policy, random: this.#random });
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
