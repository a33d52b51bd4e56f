import { S3Error } from '@darkslide/s3wire';
import { createDigester, type DigestName, type Digests } from '../hashing/digests.ts';
import type { Hasher, Hashing } from '../hashing/hashing.ts';
import type { Slab, Slabs } from '../hashing/slabs.ts';
import type { NewBytes } from '../index/rows.ts';
import type { Blobs } from './blobs.ts';
import type { NewBlob } from './new-blob.ts';

/** Slabs of one upload: one fills while the other is written and hashed. */
export const SLABS_PER_UPLOAD = 2;
/** Bytes of a slab. */
export const SLAB_SIZE = 256 * 1024;
/** Bodies up to this many bytes are hashed on the spot: asking a thread would take longer. */
const HASHED_IN_PLACE = 32 * 1024;

/** Takes bytes, which are its own until it returns; a promise says when to send more, and keeps them until then. */
export type Sink = (bytes: Buffer) => Promise<void> | undefined;

export type Received = NewBytes & { digests: Digests };

/** Writes bodies to blobs, hashing them at the same time. Memory: `SLABS_PER_UPLOAD` slabs for each. */
export class Receiver {
  readonly #blobs: Blobs;
  readonly #slabs: Slabs;
  readonly #hashing: Hashing;
  readonly #reservedBytes: number;

  constructor(options: { blobs: Blobs; slabs: Slabs; hashing: Hashing; reservedBytes: number }) {
    this.#blobs = options.blobs;
    this.#slabs = options.slabs;
    this.#hashing = options.hashing;
    this.#reservedBytes = options.reservedBytes;
  }

  /**
   * Has `pump` send `size` bytes and answers the blob that holds them. `check` may still refuse it, with all the
   * digests at hand. Once this resolves, the bytes are on disk; if it throws, nothing is kept.
   */
  async receive<T>(options: {
    size: number;
    digests: DigestName[];
    pump: (sink: Sink) => Promise<T>;
    check: (digests: Digests, pumped: T) => void;
  }): Promise<Received> {
    const { size, digests: names, pump, check } = options;
    if (size === 0) {
      const pumped = await pump(() => undefined);
      const digests = (await createDigester(names)).finish();
      check(digests, pumped);
      return { blob: undefined, size, digests };
    }
    await this.#requireSpace(size);
    const blob = await this.#blobs.create();
    const hasher = size <= HASHED_IN_PLACE ? await inPlace(names) : this.#hashing.hasher(names);
    const writer = new SlabWriter({ blob, hasher, slabs: this.#slabs });
    try {
      const pumped = await pump((bytes) => writer.write(bytes));
      // Whoever sends has counted too; but a blob of another size than the index says must never be published.
      if (writer.size !== size) throw new S3Error('IncompleteBody');
      const digests = await writer.finish();
      check(digests, pumped);
      await blob.commit();
      return { blob: blob.name, size, digests };
    } catch (error) {
      await writer.abandon();
      await blob.discard();
      throw error;
    }
  }

  async #requireSpace(size: number): Promise<void> {
    if ((await this.#blobs.freeBytes()) < size + this.#reservedBytes) throw new S3Error('StorageFull');
  }
}

/** Gathers bytes in slabs; each full one is written and hashed while the next one fills. */
class SlabWriter {
  readonly #blob: NewBlob;
  readonly #hasher: Hasher;
  readonly #slabs: Slabs;
  #filling: Slab | undefined;
  #filled = 0;
  /** At how many bytes the filling slab is full. */
  #portion = 0;
  #position = 0;
  #busy = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;
  #ended = false;

  constructor({ blob, hasher, slabs }: { blob: NewBlob; hasher: Hasher; slabs: Slabs }) {
    this.#blob = blob;
    this.#hasher = hasher;
    this.#slabs = slabs;
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#position + (this.#filling === undefined ? 0 : this.#filled);
  }

  write(bytes: Buffer): Promise<void> | undefined {
    let position = 0;
    while (position < bytes.length) {
      if (this.#failure) throw this.#failure.error;
      if (this.#filling === undefined) {
        if (this.#busy.size >= SLABS_PER_UPLOAD) return this.#writeRest(bytes.subarray(position));
        this.#portion = this.#slabs.portion;
        this.#filling = this.#slabs.take();
        this.#filled = 0;
      }
      const copied = bytes.copy(this.#filling.bytes, this.#filled, position, position + this.#portion - this.#filled);
      position += copied;
      this.#filled += copied;
      if (this.#filled === this.#portion) this.#flush();
    }
    return undefined;
  }

  async finish(): Promise<Digests> {
    this.#flush();
    await Promise.all(this.#busy);
    if (this.#failure) throw this.#failure.error;
    this.#ended = true;
    return this.#hasher.finish();
  }

  /** Waits until no thread uses a slab of ours any more. */
  async abandon(): Promise<void> {
    // Stops a write that still waits for a slab.
    this.#failure ??= { error: new Error('the upload was given up') };
    if (this.#filling) this.#slabs.give(this.#filling);
    this.#filling = undefined;
    await Promise.all(this.#busy);
    if (!this.#ended) this.#hasher.drop();
  }

  async #writeRest(bytes: Buffer): Promise<void> {
    await Promise.race(this.#busy);
    await this.write(bytes);
  }

  #flush(): void {
    const slab = this.#filling;
    if (slab === undefined) return;
    this.#filling = undefined;
    const position = this.#position;
    this.#position += this.#filled;
    const task = this.#store(slab, this.#filled, position).finally(() => this.#busy.delete(task));
    this.#busy.add(task);
  }

  async #store(slab: Slab, length: number, position: number): Promise<void> {
    const tasks = [this.#blob.write(slab.bytes.subarray(0, length), position), this.#hasher.update(slab, length)];
    const results = await Promise.allSettled(tasks);
    this.#slabs.give(slab);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.#failure ??= { error: failed.reason };
  }
}

async function inPlace(names: DigestName[]): Promise<Hasher> {
  const digester = await createDigester(names);
  return {
    update: async (slab, length) => digester.update(slab.bytes.subarray(0, length)),
    finish: async () => digester.finish(),
    drop: () => {},
  };
}
