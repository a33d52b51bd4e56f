export type PaceLimits = {
  idleTimeoutMs: number;
  minProgress: { bytes: number; windowMs: number };
  /** A body may take at most `baseMs`, and one more second for every `bytesPerSecond` of its bytes. */
  deadline: { baseMs: number; bytesPerSecond: number };
};

/** During the first milliseconds of a body, its rate is not known yet. */
const TELLING_MS = 10_000;

/** Watches how fast a client sends. Time in which we ourselves hold the client up does not count. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #onTooSlow: () => void;
  readonly #timer: NodeJS.Timeout;
  #lastMove = performance.now();
  #windowStart = performance.now();
  #windowBytes = 0;
  #held = false;
  #activeMs = 0;
  #activeSince = performance.now();
  #bytes = 0;
  readonly #deadlineMs: number;

  /** `size`: the declared one, in bytes. */
  constructor(limits: PaceLimits, size: number, onTooSlow: () => void) {
    this.#limits = limits;
    this.#onTooSlow = onTooSlow;
    this.#deadlineMs = limits.deadline.baseMs + (size / limits.deadline.bytesPerSecond) * 1000;
    const period = Math.max(10, Math.min(limits.idleTimeoutMs, limits.minProgress.windowMs) / 4);
    this.#timer = setInterval(() => this.#check(), period);
  }

  /** Bytes a second so far; undefined as long as that says nothing. */
  get rate(): number | undefined {
    const ms = this.#active();
    return ms < TELLING_MS ? undefined : (this.#bytes / ms) * 1000;
  }

  moved(bytes: number): void {
    this.#bytes += bytes;
    this.#lastMove = performance.now();
    this.#windowBytes += bytes;
  }

  hold(): void {
    this.#activeMs = this.#active();
    this.#held = true;
  }

  /** After `hold`: the client gets its full time again. */
  resume(): void {
    this.#held = false;
    this.#activeSince = performance.now();
    this.#lastMove = performance.now();
    this.#startWindow();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How long we have waited for the client. */
  #active(): number {
    return this.#activeMs + (this.#held ? 0 : performance.now() - this.#activeSince);
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
    const isLate = this.#active() > this.#deadlineMs;
    if (isLate || now - this.#lastMove > idleTimeoutMs || (windowOver && this.#windowBytes < minProgress.bytes)) {
      this.#onTooSlow();
    } else if (windowOver) {
      this.#startWindow();
    }
  }
}
