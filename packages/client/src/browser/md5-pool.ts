import { createUnsharedMemory, Md5Streams, PAGE_BYTES } from '@darkslide/hashing';

/** Bytes that are hashed at once; a whole number of blocks. */
export const CHUNK_BYTES = 512 * 1024;
const BUFFER_COUNT = 16;
/** The kernel's own memory, before the chunks. */
const SCRATCH_BYTES = PAGE_BYTES;
const PAGES = (SCRATCH_BYTES + BUFFER_COUNT * CHUNK_BYTES) / PAGE_BYTES;

/** MD5 of one body. */
export interface PooledHash {
  /** Resolves when the bytes were hashed. All but the last are `CHUNK_BYTES` long. */
  update(bytes: Uint8Array, last: boolean): Promise<void>;
  /** In lower-case hex, after the last bytes. */
  readonly digest: string | undefined;
}

/** Hashes many bodies at once in the thread that it is made in: its memory is not shared, which needs no isolated page. */
export class Md5Pool {
  readonly #streams: Md5Streams;
  readonly #bytes: Uint8Array;
  readonly #free = Array.from({ length: BUFFER_COUNT }, (_, index) => SCRATCH_BYTES + index * CHUNK_BYTES);
  readonly #waiting: ((offset: number) => void)[] = [];
  readonly #turns = new MessageChannel();
  #scheduled = false;

  constructor() {
    const memory = createUnsharedMemory(PAGES);
    this.#streams = new Md5Streams(memory);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#turns.port1.onmessage = () => this.#work();
  }

  begin(): PooledHash {
    let digest: string | undefined;
    const stream = this.#streams.begin((md5) => {
      digest = md5;
    });
    return {
      get digest() {
        return digest;
      },
      update: async (bytes, last) => {
        const offset = await this.#acquire();
        this.#bytes.set(bytes, offset);
        const { promise, resolve } = Promise.withResolvers<void>();
        const done = () => {
          this.#release(offset);
          resolve();
        };
        this.#streams.add(stream, { offset, length: bytes.length, last, done });
        this.#schedule();
        return promise;
      },
    };
  }

  /** Of bytes at hand, in lower-case hex. */
  async md5(bytes: Uint8Array): Promise<string> {
    const hash = this.begin();
    for (let at = 0; hash.digest === undefined; at += CHUNK_BYTES) {
      await hash.update(bytes.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= bytes.length);
    }
    return hash.digest;
  }

  close(): void {
    this.#turns.port1.close();
  }

  #acquire(): number | Promise<number> {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(offset: number): void {
    const next = this.#waiting.shift();
    if (next) next(offset);
    else this.#free.push(offset);
  }

  /** A message and not a timer: hidden tabs slow timers down. Until it comes, other bodies add chunks to the same turn. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turns.port2.postMessage(null);
  }

  #work(): void {
    this.#scheduled = false;
    if (this.#streams.work()) this.#schedule();
  }
}
