export type PaceLimits = { idleTimeoutMs: number; minProgress: { bytes: number; windowMs: number } };

/** Watches how fast a client sends. Time in which we ourselves hold the client up does not count. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #onTooSlow: () => void;
  readonly #timer: NodeJS.Timeout;
  #lastMove = performance.now();
  #windowStart = performance.now();
  #windowBytes = 0;
  #held = false;

  constructor(limits: PaceLimits, onTooSlow: () => void) {
    this.#limits = limits;
    this.#onTooSlow = onTooSlow;
    const period = Math.max(10, Math.min(limits.idleTimeoutMs, limits.minProgress.windowMs) / 4);
    this.#timer = setInterval(() => this.#check(), period);
  }

  moved(bytes: number): void {
    this.#lastMove = performance.now();
    this.#windowBytes += bytes;
  }

  hold(): void {
    this.#held = true;
  }

  /** After `hold`: the client gets its full time again. */
  resume(): void {
    this.#held = false;
    this.#lastMove = performance.now();
    this.#startWindow();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #startWindow(): void {
    this.#windowStart = performance.now();
    this.#windowBytes = 0;
  }

  #check(): void {
    if (this.#held) return;
    const now = performance.now();
    const { idleTimeoutMs, minProgress } = this.#limits;
    const windowOver = now - this.#windowStart >= minProgress.windowMs;
    if (now - this.#lastMove > idleTimeoutMs || (windowOver && this.#windowBytes < minProgress.bytes)) {
      this.#onTooSlow();
    } else if (windowOver) {
      this.#startWindow();
    }
  }
}
