import { createSharedMemory, PAGE_BYTES, type SharedMemory } from '@darkslide/hashing';

/** A piece of memory that the hashing thread sees too; `address` is where it lies in the shared memory. */
export type Slab = { address: number; bytes: Buffer };

/** As long as no more slabs than these are in use, they are filled. */
const FULL_SLABS = 16;
/** Bytes; whole blocks of MD5. */
const SMALL_PORTION = 64 * 1024;

/**
 * A fixed stock of slabs in one shared memory, whose pages the system gives only when they are first touched. The
 * slab given back last is taken next, so memory follows the number in use.
 */
export class Slabs {
  readonly memory: SharedMemory;
  /** Where one page lies that belongs to no slab. */
  readonly scratch: number;
  readonly #count: number;
  readonly #size: number;
  readonly #free: number[];

  /** `size` in bytes, a multiple of 64 KiB. */
  constructor({ count, size }: { count: number; size: number }) {
    this.#count = count;
    this.memory = createSharedMemory((count * size) / PAGE_BYTES + 1);
    this.scratch = count * size;
    this.#size = size;
    this.#free = Array.from({ length: count }, (_, index) => (count - 1 - index) * size);
  }

  /**
   * How many bytes to put into a slab now. Large portions cost less processor time; small ones, while many slabs are
   * in use, leave most pages of the further slabs untouched.
   */
  get portion(): number {
    return this.#count - this.#free.length <= FULL_SLABS ? this.#size : SMALL_PORTION;
  }

  /** Throws where the stock is used up: who admits the users must know how many there are. */
  take(): Slab {
    const address = this.#free.pop();
    if (address === undefined) throw new Error('more slabs are in use than were planned for');
    return { address, bytes: Buffer.from(this.memory.buffer, address, this.#size) };
  }

  give({ address }: Slab): void {
    this.#free.push(address);
  }
}
