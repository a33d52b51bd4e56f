import { Worker } from 'node:worker_threads';
import { createSharedMemory } from '@darkslide/md5';
import { CHUNK, type FromHasher, type HasherData, PAGES, SLOTS, slotOffset, type ToHasher } from './md5-messages.ts';

/** A chunk's place in the shared memory, held by whoever sends it and by whoever hashes it. */
export type Slot = {
  /** All of its room. */
  readonly buffer: Buffer;
  /** Lets go of it: not touched again. */
  release(): void;
};

/** MD5 of one body. */
export interface PooledHash {
  /** Hashes the first `length` bytes; the slot must be let go of all the same. All but the last are whole blocks. */
  update(slot: Slot, length: number, last: boolean): void;
  /** In lower-case hex, when the last bytes were given. */
  digest(): Promise<string>;
  /** No more bytes will come. Needed only where the last were not given. */
  drop(): void;
}

type PoolSlot = Slot & { readonly index: number; holders: number };

/**
 * Buffers that a hashing thread can see, and that thread: bytes are read into them once, and sent and hashed from
 * there without a copy. The thread starts with the first body at the latest, and keeps no process alive.
 */
export class Md5Pool {
  readonly #memory = createSharedMemory(PAGES);
  readonly #free: PoolSlot[];
  readonly #waiting: ((slot: PoolSlot) => void)[] = [];
  readonly #digests = new Map<number, PromiseWithResolvers<string>>();
  readonly #slots: readonly PoolSlot[];
  #worker: Worker | undefined;
  #streams = 0;
  #closed = false;

  constructor() {
    this.#slots = Array.from({ length: SLOTS }, (_, index) => this.#createSlot(index));
    this.#free = this.#slots.toReversed();
  }

  /** Starts the thread, so that it is there when the first bytes are. */
  start(): void {
    if (!this.#closed) this.#worker ??= this.#createWorker();
  }

  /** A slot, when one is free. */
  acquire(): Promise<Slot> {
    const slot = this.#free.pop();
    if (!slot) return new Promise((resolve) => this.#waiting.push(resolve));
    slot.holders = 1;
    return Promise.resolve(slot);
  }

  begin(): PooledHash {
    const stream = ++this.#streams;
    const digest = Promise.withResolvers<string>();
    digest.promise.catch(() => {});
    this.#digests.set(stream, digest);
    let alone: boolean | undefined;
    return {
      update: (slot, length, last) => {
        const { index } = slot as PoolSlot;
        (slot as PoolSlot).holders += 1;
        alone ??= this.#digests.size === 1;
        this.#say({ kind: 'bytes', stream, alone, slot: index, length, last });
      },
      digest: () => digest.promise,
      drop: () => {
        if (!this.#digests.delete(stream)) return;
        digest.reject(new Error('The body was not read to its end'));
        this.#say({ kind: 'drop', stream });
      },
    };
  }

  /** Ends the thread. What is read afterwards is not hashed any more, and has no digest. */
  close(): void {
    this.#closed = true;
    void this.#worker?.terminate();
    for (const { reject } of this.#digests.values()) reject(new Error('The client was closed'));
    this.#digests.clear();
  }

  #createSlot(index: number): PoolSlot {
    const slot: PoolSlot = {
      index,
      holders: 0,
      buffer: Buffer.from(this.#memory.buffer as unknown as ArrayBuffer, slotOffset(index), CHUNK),
      release: () => {
        slot.holders -= 1;
        if (slot.holders === 0) this.#recycle(slot);
      },
    };
    return slot;
  }

  #recycle(slot: PoolSlot): void {
    const next = this.#waiting.shift();
    if (!next) {
      this.#free.push(slot);
      return;
    }
    slot.holders = 1;
    next(slot);
  }

  #say(message: ToHasher): void {
    this.start();
    if (!this.#closed) this.#worker?.postMessage(message);
  }

  #createWorker(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './md5-worker.ts' : './md5-worker.js';
    const workerData: HasherData = { memory: this.#memory };
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.unref();
    worker.on('message', (message: FromHasher) => this.#hear(message));
    worker.on('error', (error) => {
      for (const { reject } of this.#digests.values()) reject(error);
    });
    return worker;
  }

  #hear({ hashed, digests }: FromHasher): void {
    for (const slot of hashed) this.#slots[slot]?.release();
    for (const { stream, md5 } of digests) {
      this.#digests.get(stream)?.resolve(md5);
      this.#digests.delete(stream);
    }
  }
}
