type Waiting = { priority: number; weight: number; enter: () => void };

/**
 * Admits so many at a time, the lowest priority number first and equals in their order of asking. Who weighs less than
 * one takes so much less room. The limit can change at any time; those already in are never thrown out.
 */
export class Slots {
  #limit: number;
  #active = 0;
  #load = 0;
  #ended = 0;
  #closed = false;
  readonly #waiting: Waiting[] = [];
  readonly #onChange: () => void;

  /** @param onChange called after anyone entered, left, or began or ceased to wait. */
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

  get active(): number {
    return this.#active;
  }

  /** By weight, what has a slot. */
  get load(): number {
    return this.#load;
  }

  /** By weight, what has had a slot and given it back. */
  get ended(): number {
    return this.#ended;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** While closed nobody is admitted. */
  set closed(closed: boolean) {
    this.#closed = closed;
    this.#admit();
  }

  /**
   * Waits for a slot, runs the work, gives the slot back. @param weight more than 0 and at most 1.
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
      this.#ended += weight;
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
    return !this.#closed && this.#load + weight <= this.#limit;
  }
}
