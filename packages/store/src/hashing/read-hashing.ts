import { createHash } from 'node:crypto';
import { type HashBuffer, HashBuffers } from './buffers.ts';
import { hexOf } from './digests.ts';
import { Hashing } from './hashing.ts';

const BUFFER_BYTES = 256 * 1024;
/** Buffers in use at once; further chunks wait. A chunk holds its buffer only while it is hashed. */
const MAX_BUFFERS = 32;
/** Bytes up to this many are hashed in this thread: a message to another one would take longer. */
const MAX_INLINE_HASH_BYTES = 32 * 1024;

/** The MD5 of bytes that are read. End it with `finish` or `drop`. */
export type ReadHasher = {
  /** At most `BUFFER_BYTES` bytes; all chunks but the last are whole blocks of 64. Await it before the next one. */
  update(bytes: Uint8Array): Promise<void>;
  /** In hex. */
  finish(): Promise<string>;
  drop(): void;
};

/**
 * Hashes what is read from disk, in a thread of its own: the thread of the uploads waits a moment for every open stream,
 * and a download may be open for hours. The thread starts with the first read that needs it.
 */
export class ReadHashing {
  readonly #onDeath: (error: Error) => void;
  #thread: { buffers: HashBuffers; hashing: Hashing } | undefined;
  #inUse = 0;
  readonly #waiting: (() => void)[] = [];

  /** `onDeath` is called when the thread ends by itself. */
  constructor({ onDeath }: { onDeath: (error: Error) => void }) {
    this.#onDeath = onDeath;
  }

  /** For `size` bytes in all. */
  hasher(size: number): ReadHasher {
    if (size <= MAX_INLINE_HASH_BYTES) return inPlace();
    const { buffers, hashing } = this.#start();
    const hasher = hashing.hasher(['MD5']);
    return {
      update: async (bytes) => {
        const buffer = await this.#take(buffers);
        try {
          buffer.bytes.set(bytes);
          await hasher.update(buffer, bytes.length);
        } finally {
          this.#give(buffers, buffer);
        }
      },
      finish: async () => hexOf((await hasher.finish()).MD5 ?? ''),
      drop: () => hasher.drop(),
    };
  }

  async close(): Promise<void> {
    await this.#thread?.hashing.close();
  }

  #start(): { buffers: HashBuffers; hashing: Hashing } {
    if (this.#thread === undefined) {
      const buffers = new HashBuffers({ count: MAX_BUFFERS, size: BUFFER_BYTES });
      this.#thread = { buffers, hashing: new Hashing({ buffers, onDeath: this.#onDeath, gatherMs: 0 }) };
    }
    return this.#thread;
  }

  async #take(buffers: HashBuffers): Promise<HashBuffer> {
    if (this.#inUse < MAX_BUFFERS) this.#inUse += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return buffers.take();
  }

  #give(buffers: HashBuffers, buffer: HashBuffer): void {
    buffers.give(buffer);
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
