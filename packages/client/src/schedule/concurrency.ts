/**
 * How many transfers at once: found by what the path gives.
 *
 * Doubles while doubling pays, then climbs and descends in small steps by goodput; a step that brings nothing is taken
 * back and tried again later. Congestion (503 SlowDown, 429, resets) takes off a third at once. A pure state machine:
 * time and measurements are handed in.
 */
export type ConcurrencyOptions = {
  initial: number;
  min: number;
  max: number;
};

export const DEFAULT_CONCURRENCY: ConcurrencyOptions = { initial: 4, min: 1, max: 32 };

/** One observed stretch of time. */
export type Window = {
  /** Bytes that left, or any other measure of work done, per second. */
  goodput: number;
  /** Whether more would have been sent with more slots. */
  saturated: boolean;
};

type Phase =
  /** Doubling; `previous` is the goodput before the last doubling. */
  | { name: 'doubling'; previous: number }
  /** A step up was made from `from`, where goodput was `previous`. */
  | { name: 'probing'; from: number; previous: number }
  /** Staying for `windows` more windows. */
  | { name: 'holding'; windows: number };

const WORTH_DOUBLING = 1.2;
/** A step must bring at least this share of what it would at best. */
const WORTH_STEPPING = 0.4;
const SHORTEST_HOLD_PERIODS = 4;
const LONGEST_HOLD_PERIODS = 64;
const BACK_OFF = 2 / 3;

export class AdaptiveConcurrency {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #phase: Phase = { name: 'doubling', previous: 0 };
  #hold = SHORTEST_HOLD_PERIODS;

  constructor({ initial, min, max }: ConcurrencyOptions = DEFAULT_CONCURRENCY) {
    this.#min = min;
    this.#max = max;
    this.#limit = this.#clamp(initial);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Takes note of a window without trouble. */
  observe({ goodput, saturated }: Window): void {
    if (!saturated) return;
    const phase = this.#phase;
    if (phase.name === 'doubling') this.#afterDoubling(goodput, phase.previous);
    else if (phase.name === 'probing') this.#afterProbe(goodput, phase);
    else this.#whileHolding(goodput, phase.windows);
  }

  /** Takes note of congestion. Call it once per burst of it. */
  backOff(): void {
    this.#limit = this.#clamp(Math.floor(this.#limit * BACK_OFF));
    this.#hold = SHORTEST_HOLD_PERIODS;
    this.#phase = { name: 'holding', windows: this.#hold };
  }

  #afterDoubling(goodput: number, previous: number): void {
    if (goodput < previous * WORTH_DOUBLING) {
      // The last doubling brought nothing: half of it is enough.
      this.#limit = this.#clamp(Math.ceil(this.#limit / 2));
      this.#phase = { name: 'holding', windows: this.#hold };
      return;
    }
    if (this.#limit === this.#max) {
      this.#phase = { name: 'holding', windows: this.#hold };
      return;
    }
    this.#limit = this.#clamp(this.#limit * 2);
    this.#phase = { name: 'doubling', previous: goodput };
  }

  #afterProbe(goodput: number, { from, previous }: { from: number; previous: number }): void {
    const hoped = (previous * (this.#limit - from)) / from;
    if (goodput - previous >= hoped * WORTH_STEPPING) {
      this.#hold = SHORTEST_HOLD_PERIODS;
      this.#probe(goodput);
      return;
    }
    this.#limit = from;
    this.#hold = Math.min(this.#hold * 2, LONGEST_HOLD_PERIODS);
    this.#phase = { name: 'holding', windows: this.#hold };
  }

  #whileHolding(goodput: number, windows: number): void {
    if (windows > 1) this.#phase = { name: 'holding', windows: windows - 1 };
    else this.#probe(goodput);
  }

  #probe(goodput: number): void {
    const from = this.#limit;
    const next = this.#clamp(from + Math.max(1, Math.round(from / 8)));
    if (next === from) {
      this.#phase = { name: 'holding', windows: this.#hold };
      return;
    }
    this.#limit = next;
    this.#phase = { name: 'probing', from, previous: goodput };
  }

  #clamp(limit: number): number {
    return Math.min(Math.max(limit, this.#min), this.#max);
  }
}
