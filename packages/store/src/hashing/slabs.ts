/** A piece of memory that other threads see too. */
export type Slab = { number: number; bytes: Buffer };

/**
 * A fixed stock of slabs over one shared buffer, whose pages the system gives only when they are first touched.
 * The slab given back last is taken next, so memory follows the number in use.
 */
export class Slabs {
  readonly size: number;
  readonly shared: SharedArrayBuffer;
  readonly #free: number[];

  constructor({ count, size }: { count: number; size: number }) {
    this.size = size;
    this.shared = new SharedArrayBuffer(count * size);
    this.#free = Array.from({ length: count }, (_, index) => count - 1 - index);
  }

  /** Throws where the stock is used up: who admits the users must know how many there are. */
  take(): Slab {
    const number = this.#free.pop();
    if (number === undefined) throw new Error('more slabs are in use than were planned for');
    return { number, bytes: Buffer.from(this.shared, number * this.size, this.size) };
  }

  give({ number }: Slab): void {
    this.#free.push(number);
  }
}
