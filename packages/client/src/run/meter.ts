import type { Clock } from '../base/ports.ts';

/** A measurement this old counts half. */
const HALF_LIFE_MS = 4000;

/** Bytes per second, smoothed: the last seconds count most. */
export class Meter {
  readonly #clock: Clock;
  #bytesPerSecond: number | undefined;
  #since: number;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Undefined until a second was measured. */
  get rate(): number | undefined {
    return this.#bytesPerSecond;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Includes what was added since the last call in the rate. Call it regularly. */
  sample(): void {
    const now = this.#clock.now();
    const elapsed = now - this.#since;
    if (elapsed < 100 || (this.#bytesPerSecond === undefined && elapsed < 1000)) return;
    const current = (this.#bytes / elapsed) * 1000;
    const weight = 0.5 ** (elapsed / HALF_LIFE_MS);
    this.#bytesPerSecond =
      this.#bytesPerSecond === undefined ? current : this.#bytesPerSecond * weight + current * (1 - weight);
    this.#bytes = 0;
    this.#since = now;
  }
}
