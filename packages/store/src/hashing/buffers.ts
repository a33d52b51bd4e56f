import { createSharedMemory, PAGE_BYTES, type SharedMemory } from '@darkslide/hashing';

/** Memory that the hashing thread can read too. `address` is its offset in the shared memory. */
export type HashBuffer = { address: number; bytes: Buffer };

/** While at most this many buffers are in use, each is filled completely. */
const MAX_FULL_BUFFERS = 16;
/** Otherwise a buffer gets this many bytes: whole blocks of MD5. */
const SMALL_FILL_BYTES = 64 * 1024;

/**
 * A fixed number of buffers in one shared memory. The system provides its pages when they are first touched. The buffer
 * that was returned last is taken next, so the memory in use follows the number of buffers in use.
 */
export class HashBuffers {
  readonly memory: SharedMemory;
  /** Offset of one page that belongs to no buffer. */
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
   * How many bytes to put into a buffer now. Full buffers cost less processor time. While many buffers are in use, small
   * fills leave most pages of the further buffers untouched.
   */
  get fillBytes(): number {
    return this.#count - this.#free.length <= MAX_FULL_BUFFERS ? this.#size : SMALL_FILL_BYTES;
  }

  /** @throws when no buffer is free: the caller must not admit more users than there are buffers */
  take(): HashBuffer {
    const address = this.#free.pop();
    if (address === undefined) throw new Error('all buffers are in use: more users were admitted than planned');
    return { address, bytes: Buffer.from(this.memory.buffer, address, this.#size) };
  }

  give({ address }: HashBuffer): void {
    this.#free.push(address);
  }
}
