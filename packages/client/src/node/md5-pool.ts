import { Worker } from 'node:worker_threads';
import { createSharedMemory } from '@darkslide/hashing';
import {
  BUFFER_COUNT,
  bufferOffset,
  CHUNK_BYTES,
  type FromHasher,
  type HasherData,
  PAGES,
  type ToHasher,
} from './md5-messages.ts';

/** Memory for one chunk, shared with the hashing thread. Free again when sender and hasher have released it. */
export type HashBuffer = {
  readonly bytes: Buffer;
  /** The caller does not use the buffer any more. */
  release(): void;
};

/** MD5 of one body. */
export interface PooledHash {
  /** Hashes the first `length` bytes; the caller must still release the buffer. All but the last are whole blocks. */
  update(buffer: HashBuffer, length: number, last: boolean): void;
  /** In lower-case hex. Settles after the last bytes. */
  digest(): Promise<string>;
  /** No more bytes will come. Needed only when the last were not passed to `update`. */
  drop(): void;
}

type PoolBuffer = HashBuffer & { readonly index: number; holders: number };

/**
 * The hashing thread, and buffers that it shares: bytes are read into them once, and sent and hashed from there without
 * a copy. The thread starts with the first body at the latest, and does not keep the process alive.
 */
export class Md5Pool {
  readonly #memory = createSharedMemory(PAGES);
  readonly #free: PoolBuffer[];
  readonly #waiting: ((buffer: PoolBuffer) => void)[] = [];
  readonly #digests = new Map<number, PromiseWithResolvers<string>>();
  readonly #buffers: readonly PoolBuffer[];
  #worker: Worker | undefined;
  #streams = 0;
  #closed = false;

  constructor() {
    this.#buffers = Array.from({ length: BUFFER_COUNT }, (_, index) => this.#createBuffer(index));
    this.#free = this.#buffers.toReversed();
  }

  /** Starts the thread early, so that it is ready for the first bytes. */
  start(): void {
    if (!this.#closed) this.#worker ??= this.#createWorker();
  }

  /** Waits for a free buffer. */
  acquire(): Promise<HashBuffer> {
    const buffer = this.#free.pop();
    if (!buffer) return new Promise((resolve) => this.#waiting.push(resolve));
    buffer.holders = 1;
    return Promise.resolve(buffer);
  }

  begin(): PooledHash {
    const stream = ++this.#streams;
    const digest = Promise.withResolvers<string>();
    digest.promise.catch(() => {});
    this.#digests.set(stream, digest);
    let alone: boolean | undefined;
    return {
      update: (buffer, length, last) => {
        const { index } = buffer as PoolBuffer;
        (buffer as PoolBuffer).holders += 1;
        alone ??= this.#digests.size === 1;
        this.#post({ kind: 'bytes', stream, alone, buffer: index, length, last });
      },
      digest: () => digest.promise,
      drop: () => {
        if (!this.#digests.delete(stream)) return;
        digest.reject(new Error('The body was not read to its end'));
        this.#post({ kind: 'drop', stream });
      },
    };
  }

  /** Ends the thread. What is read after that is not hashed and has no digest. */
  close(): void {
    this.#closed = true;
    void this.#worker?.terminate();
    for (const { reject } of this.#digests.values()) reject(new Error('The client was closed'));
    this.#digests.clear();
  }

  #createBuffer(index: number): PoolBuffer {
    const buffer: PoolBuffer = {
      index,
      holders: 0,
      bytes: Buffer.from(this.#memory.buffer as unknown as ArrayBuffer, bufferOffset(index), CHUNK_BYTES),
      release: () => {
        buffer.holders -= 1;
        if (buffer.holders === 0) this.#recycle(buffer);
      },
    };
    return buffer;
  }

  #recycle(buffer: PoolBuffer): void {
    const next = this.#waiting.shift();
    if (!next) {
      this.#free.push(buffer);
      return;
    }
    buffer.holders = 1;
    next(buffer);
  }

  #post(message: ToHasher): void {
    this.start();
    if (!this.#closed) this.#worker?.postMessage(message);
  }

  #createWorker(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './md5-worker.ts' : './md5-worker.js';
    const workerData: HasherData = { memory: this.#memory };
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.unref();
    worker.on('message', (message: FromHasher) => this.#onMessage(message));
    worker.on('error', (error) => {
      for (const { reject } of this.#digests.values()) reject(error);
    });
    return worker;
  }

  #onMessage({ hashed, digests }: FromHasher): void {
    for (const buffer of hashed) this.#buffers[buffer]?.release();
    for (const { stream, md5 } of digests) {
      this.#digests.get(stream)?.resolve(md5);
      this.#digests.delete(stream);
    }
  }
}
