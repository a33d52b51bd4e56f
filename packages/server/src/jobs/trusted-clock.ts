/** The wall clock may step by this much, and differ from storage's by this much, in milliseconds. */
const MAX_STEP_MS = 60_000;
const MAX_SKEW_MS = 10 * 60_000;

type Options = {
  /** Milliseconds since 1970, as the machine's clock says; an operator may set it. */
  wall: () => number;
  /** Milliseconds since some moment; it cannot be set. */
  steady: () => number;
  /** How long after a step the wall clock is trusted again. */
  settleMs: number;
};

/**
 * A wall clock, and whether it can be believed: it may be days off for a moment, and who counts days by it then does
 * what can't be taken back. It is not believed after a step against the steady clock, nor when storage's clock differs.
 */
export class TrustedClock {
  readonly #options: Options;
  #offset: number;
  #steppedAt: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#offset = options.wall() - options.steady();
  }

  /** Now, or undefined while it can't be told. `aheadMs`: how far this clock is ahead of storage's, where that is known. */
  now(aheadMs: number | undefined): number | undefined {
    const { wall, steady, settleMs } = this.#options;
    const [now, since] = [wall(), steady()];
    if (Math.abs(now - since - this.#offset) > MAX_STEP_MS) {
      this.#offset = now - since;
      this.#steppedAt = since;
    }
    if (this.#steppedAt !== undefined && since - this.#steppedAt < settleMs) return undefined;
    if (Math.abs(aheadMs ?? 0) > MAX_SKEW_MS) return undefined;
    return now;
  }
}
