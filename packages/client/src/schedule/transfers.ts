import type { Clock } from '../base/ports.ts';
import type { EngineSettings } from '../run/run.ts';
import { AdaptiveConcurrency, DEFAULT_CONCURRENCY } from './concurrency.ts';
import { Slots } from './permits.ts';

/** Congestion is answered once in this time, in milliseconds: one burst has many messengers. */
const CONGESTION_MS = 1000;
/** What is measured for so long, in milliseconds, says something about the path … */
const WINDOW_MS = 250;
/** … but for a slow path only when so many bytes for every transfer have left, … */
const WINDOW_BYTES = 256 * 1024;
/** … or so many small transfers, by weight, for every slot: those wait for answers more than for bytes. */
const WINDOW_TRANSFERS = 4;
const LONGEST_WINDOW_MS = 5000;

/**
 * A transfer of fewer bytes than a slot moves in this time, in milliseconds, waits for its answer more than it sends, and
 * takes only its share of a slot. So all small transfers together hold no more than the path moves in this time …
 */
const SMALL_MS = 250;
/** … and none is small that has more bytes than this. */
const LARGEST_SMALL = 2 * 1024 * 1024;
/** Shares are this many parts of a slot, and one at least: sums of them are exact. */
const SHARES = 16;

/** The transfers of a run: as many at once as were asked for, or as the path turns out to bear. */
export class Transfers {
  readonly slots: Slots;
  readonly #clock: Clock;
  readonly #adaptive: AdaptiveConcurrency | undefined;
  #lastCongestion = Number.NEGATIVE_INFINITY;
  /** Bytes that make a transfer a whole one; none are small as long as nothing was measured. */
  #wholeBytes = 0;
  #window: { since: number; bytes: number; ended: number; congested: boolean };

  constructor({
    concurrency,
    clock,
    onChange,
  }: {
    concurrency: EngineSettings['concurrency'];
    clock: Clock;
    onChange: () => void;
  }) {
    this.#clock = clock;
    this.#adaptive =
      concurrency.kind === 'adaptive'
        ? new AdaptiveConcurrency({ ...DEFAULT_CONCURRENCY, max: concurrency.max })
        : undefined;
    const limit = concurrency.kind === 'fixed' ? concurrency.transfers : (this.#adaptive?.limit ?? 1);
    this.slots = new Slots({ limit, onChange });
    this.#window = { since: clock.now(), bytes: 0, ended: 0, congested: false };
  }

  /**
   * The share of a slot that a transfer of so many bytes takes, at the pace measured last; where a number was asked for,
   * always all of it.
   */
  weightOf(bytes: number): number {
    if (bytes >= this.#wholeBytes) return 1;
    return Math.max(Math.ceil((bytes / this.#wholeBytes) * SHARES), 1) / SHARES;
  }

  /** The path or the storage asked for less. */
  congested(): void {
    this.#window.congested = true;
    const now = this.#clock.now();
    if (!this.#adaptive || now - this.#lastCongestion < CONGESTION_MS) return;
    this.#lastCongestion = now;
    this.#adaptive.backOff();
    this.slots.limit = this.#adaptive.limit;
  }

  /** Looks at what was sent since the last look. @param sent all bytes that left so far. */
  observe(sent: number): void {
    if (!this.#adaptive) return;
    const { since, bytes, ended, congested } = this.#window;
    const { limit } = this.slots;
    const elapsed = this.#clock.now() - since;
    const work = sent - bytes;
    const telling = work >= WINDOW_BYTES * limit || this.slots.ended - ended >= WINDOW_TRANSFERS * limit;
    if (!(telling && elapsed >= WINDOW_MS) && elapsed < LONGEST_WINDOW_MS) return;

    if (!congested && work > 0) {
      this.#adaptive.observe({ goodput: (work / elapsed) * 1000, saturated: this.slots.waiting > 0 });
      this.#wholeBytes = Math.min(((work / elapsed) * SMALL_MS) / limit, LARGEST_SMALL);
      if (this.slots.limit !== this.#adaptive.limit) this.slots.limit = this.#adaptive.limit;
    }
    this.#window = { since: this.#clock.now(), bytes: sent, ended: this.slots.ended, congested: false };
  }
}
