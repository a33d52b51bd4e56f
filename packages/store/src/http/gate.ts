import { S3Error } from '@darkslide/s3wire';

/** Lets a limited number in at a time; the others wait in line, and the line is limited too. */
export class Gate {
  #free: number;
  readonly #maxWaiting: number;
  readonly #maxWaitMs: number;
  readonly #line = new Set<() => void>();
  readonly #places: number;

  constructor({ places, maxWaiting, maxWaitMs }: { places: number; maxWaiting: number; maxWaitMs: number }) {
    this.#free = places;
    this.#places = places;
    this.#maxWaiting = maxWaiting;
    this.#maxWaitMs = maxWaitMs;
  }

  /** How many are in, or in line. */
  get size(): number {
    return this.#places - this.#free + this.#line.size;
  }

  /**
   * Answers the function that gives the place back. Throws SlowDown where the line is full or the wait too long, and
   * the signal's reason.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (held) this.#leave();
      held = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#line.size >= this.#maxWaiting) throw new S3Error('SlowDown');
    return new Promise((resolve, reject) => {
      const leaveLine = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#line.delete(admit);
      };
      const admit = () => {
        leaveLine();
        resolve();
      };
      const giveUp = () => {
        leaveLine();
        reject(signal.aborted ? signal.reason : new S3Error('SlowDown'));
      };
      const timer = setTimeout(giveUp, this.#maxWaitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#line.add(admit);
    });
  }

  #leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    next();
  }
}
