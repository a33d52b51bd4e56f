import type { Clock, Random } from './ports.ts';

export type RetryPolicy = {
  /** The first wait is between 0 and this; the range doubles with each further one. Milliseconds. */
  baseMs: number;
  /** The longest wait, except where the server asks for a longer one. Milliseconds. */
  capMs: number;
  /** Minimum attempts before giving up. `patienceMs` must be spent too. */
  attempts: number;
  /** Minimum time spent on failing and waiting before giving up, so that an outage of minutes is waited out. Milliseconds. */
  patienceMs: number;
};

export const DEFAULT_RETRY: RetryPolicy = { baseMs: 400, capMs: 20_000, attempts: 6, patienceMs: 5 * 60_000 };

/** A longer `Retry-After` is cut to this. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * At most this much of an attempt's time counts as spent: it may have made progress for hours before it failed, or the
 * machine may have slept.
 */
const MAX_COUNTED_ATTEMPT_MS = 30_000;

/** Whether to repeat a failed attempt. `afterMs`: the wait that the server asked for; 0 means at once. */
export type RetryDecision = { retry: false } | { retry: true; afterMs?: number | undefined };

export type RetryInfo = {
  /** Which attempt failed, from 1. */
  attempt: number;
  delayMs: number;
  error: unknown;
};

/**
 * The wait before attempt `attempt + 1`, in milliseconds: exponential with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), so that clients that failed together do not retry together.
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
 * Repeats failed attempts; the only place that does. When one caller has used up the policy's patience and no other
 * succeeded meanwhile, that is an outage: from then on no caller waits, so that a run of thousands of files ends.
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

  /** Whether nothing has succeeded for longer than the policy's patience. */
  get outage(): boolean {
    return this.#outage;
  }

  /**
   * Runs `attempt` until it succeeds, `decide` is against another one, or patience ends.
   * @throws the last attempt's error, or the signal's reason.
   */
  async run<T>({
    attempt,
    decide,
    signal,
    onRetry,
  }: {
    attempt: (number: number) => Promise<T>;
    decide: (error: unknown) => RetryDecision;
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
        const decision = decide(error);
        if (!decision.retry) throw error;
        const now = this.#clock.now();
        firstFailure ??= now;
        spentMs += Math.min(now - began, MAX_COUNTED_ATTEMPT_MS);
        const exhausted = number >= this.#policy.attempts && spentMs >= this.#policy.patienceMs;
        if (exhausted && this.#lastSuccess < firstFailure) this.#outage = true;
        if (exhausted || this.#outage) throw error;

        const delayMs = this.#delay(number, decision.afterMs);
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
    if (afterMs !== undefined) return Math.min(afterMs, MAX_RETRY_AFTER_MS);
    return backoffMs({ attempt, policy: this.#policy, random: this.#random });
  }
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or undefined where there is no valid one.
 * A date is compared with the response's own `Date`: the clock of this machine may be wrong.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const header = headers['retry-after']?.trim();
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const wait = Date.parse(header) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
