type Waiting = { priority: number; weight: number; enter: () => void };

/**
 * Limits how many transfers run at once. A transfer takes a permit, or a share of one (`weight`). Lower priority
 * numbers go first, equal ones in the order of asking. The limit can change at any time; running transfers go on.
 */
export class Permits {
  #limit: number;
  #active = 0;
  #load = 0;
  #released = 0;
  #paused = false;
  readonly #waiting: Waiting[] = [];
  readonly #onChange: () => void;

  /** @param onChange called after a transfer got or released a permit, or began or stopped waiting for one. */
  constructor({ limit, onChange = () => {} }: { limit: number; onChange?: () => void }) {
    this.#limit = limit;
    this.#onChange = onChange;
  }

  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  /** How many transfers hold a permit or a share of one. */
  get active(): number {
    return this.#active;
  }

  /** Permits in use, by weight. */
  get load(): number {
    return this.#load;
  }

  /** Permits released so far, by weight. */
  get released(): number {
    return this.#released;
  }

  /** How many transfers wait for a permit. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** While paused no permit is given. */
  set paused(paused: boolean) {
    this.#paused = paused;
    this.#admit();
  }

  /**
   * Waits for a permit, runs the work, and releases the permit.
   * @param weight more than 0, at most 1.
   * @throws the signal's reason when it aborts while waiting.
   */
  async run<T>(
    { priority, weight = 1, signal }: { priority: number; weight?: number; signal?: AbortSignal | undefined },
    work: () => Promise<T>,
  ): Promise<T> {
    await this.#enter({ priority, weight, signal });
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#load -= weight;
      this.#released += weight;
      this.#admit();
    }
  }

  #enter({
    priority,
    weight,
    signal,
  }: {
    priority: number;
    weight: number;
    signal: AbortSignal | undefined;
  }): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(signal?.reason);
      this.#onChange();
    };
    const waiting: Waiting = {
      priority,
      weight,
      enter: () => {
        signal?.removeEventListener('abort', leave);
        this.#active += 1;
        this.#load += weight;
        resolve();
      },
    };
    signal?.addEventListener('abort', leave, { once: true });
    const place = this.#waiting.findLastIndex((other) => other.priority <= priority) + 1;
    this.#waiting.splice(place, 0, waiting);
    this.#admit();
    return promise;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoomFor(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.enter();
    }
    this.#onChange();
  }

  #hasRoomFor({ weight }: Waiting): boolean {
    return !this.#paused && this.#load + weight <= this.#limit;
  }
}
