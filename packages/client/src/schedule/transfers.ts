import type { Clock } from '../base/ports.ts';
import { AdaptiveConcurrency, DEFAULT_CONCURRENCY } from './concurrency.ts';
import { Permits } from './permits.ts';

/** Transfers at once: a fixed number, or measured, up to `max`. */
export type Concurrency = { kind: 'fixed'; transfers: number } | { kind: 'adaptive'; max: number };

/** At most one reaction to congestion in this time: one burst causes many errors. */
const CONGESTION_MS = 1000;
/** A measuring window lasts at least this long. */
const MIN_WINDOW_MS = 250;
/** A window ends when this many bytes per permit have been sent. */
const WINDOW_BYTES = 256 * 1024;
/** A window also ends after this many small transfers per permit, by weight: those wait for responses more than for bytes. */
const WINDOW_TRANSFERS = 4;
/** A window lasts at most this long. */
const MAX_WINDOW_MS = 5000;

/**
 * A transfer of fewer bytes than one permit moves in this time waits for its response more than it sends, so it takes
 * only a share of a permit. All small transfers together hold no more than the path moves in this time.
 */
const SMALL_MS = 250;
/** A transfer of more bytes than this always takes a whole permit. */
const MAX_SMALL_BYTES = 2 * 1024 * 1024;
/** A permit has this many shares. A power of two, so that sums of shares are exact. */
const SHARES = 16;

/** How many transfers of a run there are at once: a fixed number, or as many as the path carries. */
export class Transfers {
  readonly permits: Permits;
  readonly #clock: Clock;
  readonly #adaptive: AdaptiveConcurrency | undefined;
  #lastCongestion = Number.NEGATIVE_INFINITY;
  /** From this many bytes a transfer takes a whole permit. 0 until something was measured. */
  #wholeBytes = 0;
  #window: { since: number; bytes: number; released: number; congested: boolean };

  constructor({
    concurrency,
    clock,
    onChange,
  }: {
    concurrency: Concurrency;
    clock: Clock;
    onChange: () => void;
  }) {
    this.#clock = clock;
    this.#adaptive =
      concurrency.kind === 'adaptive'
        ? new AdaptiveConcurrency({ ...DEFAULT_CONCURRENCY, max: concurrency.max })
        : undefined;
    const limit = concurrency.kind === 'fixed' ? concurrency.transfers : (this.#adaptive?.limit ?? 1);
    this.permits = new Permits({ limit, onChange });
    this.#window = { since: clock.now(), bytes: 0, released: 0, congested: false };
  }

  /**
   * The share of a permit that a transfer of this many bytes takes, at the rate measured last. Always 1 with a fixed
   * number of transfers.
   */
  weightOf(bytes: number): number {
    if (bytes >= this.#wholeBytes) return 1;
    return Math.max(Math.ceil((bytes / this.#wholeBytes) * SHARES), 1) / SHARES;
  }

  /** Storage asked for fewer requests, or a connection was lost. */
  congested(): void {
    this.#window.congested = true;
    const now = this.#clock.now();
    if (!this.#adaptive || now - this.#lastCongestion < CONGESTION_MS) return;
    this.#lastCongestion = now;
    this.#adaptive.backOff();
    this.permits.limit = this.#adaptive.limit;
  }

  /** Adapts the limit to what was sent since the last call. @param sent all bytes sent so far. */
  observe(sent: number): void {
    if (!this.#adaptive) return;
    const { since, bytes, released, congested } = this.#window;
    const { limit } = this.permits;
    const elapsed = this.#clock.now() - since;
    const work = sent - bytes;
    const isEnough = work >= WINDOW_BYTES * limit || this.permits.released - released >= WINDOW_TRANSFERS * limit;
    if (!(isEnough && elapsed >= MIN_WINDOW_MS) && elapsed < MAX_WINDOW_MS) return;

    if (!congested && work > 0) {
      this.#adaptive.observe({ goodput: (work / elapsed) * 1000, saturated: this.permits.waiting > 0 });
      this.#wholeBytes = Math.min(((work / elapsed) * SMALL_MS) / limit, MAX_SMALL_BYTES);
      if (this.permits.limit !== this.#adaptive.limit) this.permits.limit = this.#adaptive.limit;
    }
    this.#window = { since: this.#clock.now(), bytes: sent, released: this.permits.released, congested: false };
  }
}
