import { createHash } from 'node:crypto';
import { hexOf } from './digests.ts';
import { Hashing } from './hashing.ts';
import { type Slab, Slabs } from './slabs.ts';

/** Bytes of a slab. */
const SLAB_SIZE = 256 * 1024;
/** Pieces hashed at once; further ones wait. Each holds its slab no longer than its hashing takes. */
const MAX_SLABS = 32;
/** Bytes up to this many are hashed on the spot: asking a thread would take longer. */
const HASHED_IN_PLACE = 32 * 1024;

/** The MD5 of bytes that are read. End it with `finish` or `drop`. */
export type ReadHasher = {
  /** At most `SLAB_SIZE` bytes; all pieces but the last are whole blocks of 64. Await it before the next one. */
  update(bytes: Uint8Array): Promise<void>;
  /** In hex. */
  finish(): Promise<string>;
  drop(): void;
};

/**
 * Hashes what is read from disk, in a thread of its own: the uploads' thread waits a moment for every stream that is
 * open, and a download may be open for hours. The thread begins with the first read that needs it.
 */
export class ReadHashing {
  readonly #onDeath: (error: Error) => void;
  #thread: { slabs: Slabs; hashing: Hashing } | undefined;
  #inUse = 0;
  readonly #waiting: (() => void)[] = [];

  /** `onDeath` hears of it when the thread ends by itself. */
  constructor({ onDeath }: { onDeath: (error: Error) => void }) {
    this.#onDeath = onDeath;
  }

  /** For `size` bytes in all. */
  hasher(size: number): ReadHasher {
    if (size <= HASHED_IN_PLACE) return inPlace();
    const { slabs, hashing } = this.#start();
    const hasher = hashing.hasher(['MD5']);
    return {
      update: async (bytes) => {
        const slab = await this.#take(slabs);
        try {
          slab.bytes.set(bytes);
          await hasher.update(slab, bytes.length);
        } finally {
          this.#give(slabs, slab);
        }
      },
      finish: async () => hexOf((await hasher.finish()).MD5 ?? ''),
      drop: () => hasher.drop(),
    };
  }

  async close(): Promise<void> {
    await this.#thread?.hashing.close();
  }

  #start(): { slabs: Slabs; hashing: Hashing } {
    if (this.#thread === undefined) {
      const slabs = new Slabs({ count: MAX_SLABS, size: SLAB_SIZE });
      this.#thread = { slabs, hashing: new Hashing({ slabs, onDeath: this.#onDeath, gatherMs: 0 }) };
    }
    return this.#thread;
  }

  async #take(slabs: Slabs): Promise<Slab> {
    if (this.#inUse < MAX_SLABS) this.#inUse += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return slabs.take();
  }

  #give(slabs: Slabs, slab: Slab): void {
    slabs.give(slab);
    const next = this.#waiting.shift();
    if (next === undefined) this.#inUse -= 1;
    else next();
  }
}

function inPlace(): ReadHasher {
  const hash = createHash('md5');
  return {
    update: async (bytes) => void hash.update(bytes),
    finish: async () => hash.digest('hex'),
    drop: () => {},
  };
}
