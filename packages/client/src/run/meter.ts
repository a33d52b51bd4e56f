import type { Clock } from '../base/ports.ts';

/** Half of what was measured so long ago counts, in milliseconds. */
const HALF_LIFE = 4000;

/** Bytes a second, smoothed: what the last seconds gave counts most. */
export class Meter {
  readonly #clock: Clock;
  #total = 0;
  #rate: number | undefined;
  #since: number;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** All bytes so far. */
  get total(): number {
    return this.#total;
  }

  /** Undefined until a second was measured. */
  get rate(): number | undefined {
    return this.#rate;
  }

  add(bytes: number): void {
    this.#total += bytes;
    this.#bytes += bytes;
  }

  /** Takes what was added since the last call into the rate. Call it now and then. */
  sample(): void {
    const now = this.#clock.now();
    const elapsed = now - this.#since;
    if (elapsed < 100 || (this.#rate === undefined && elapsed < 1000)) return;
    const current = (this.#bytes / elapsed) * 1000;
    const weight = 0.5 ** (elapsed / HALF_LIFE);
    this.#rate = this.#rate === undefined ? current : this.#rate * weight + current * (1 - weight);
    this.#bytes = 0;
    this.#since = now;
  }
}
