import type { Digests } from '../hashing/digests.ts';
import type { Hasher } from '../hashing/hashing.ts';
import type { Slab, Slabs } from '../hashing/slabs.ts';
import type { NewBlob } from './new-blob.ts';

/** Slabs of one upload: one fills while the other is written and hashed. */
export const SLABS_PER_UPLOAD = 2;
/** Bytes of a slab. */
export const SLAB_SIZE = 256 * 1024;

/** Gathers bytes in slabs; each full one is written and hashed while the next one fills. */
export class SlabWriter {
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

  /** Takes bytes; a promise says when there is room for more. Throws what an earlier write or hash failed with. */
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

  /**
   * Resolves when all is written, and behind it the trailer that `seal` answers, though not yet synced. The last slab is
   * hashed before it is written, so that the trailer goes with it.
   */
  async finish(seal: (digests: Digests) => Buffer): Promise<Digests> {
    const last = this.#filling;
    const hashed = last && this.#hasher.update(last, this.#filled);
    await Promise.all([...this.#busy, hashed]);
    if (this.#failure) throw this.#failure.error;
    this.#ended = true;
    const digests = await this.#hasher.finish();
    const trailer = seal(digests);
    if (last !== undefined && this.#filled + trailer.length <= last.bytes.length) {
      trailer.copy(last.bytes, this.#filled);
      await this.#blob.write(last.bytes.subarray(0, this.#filled + trailer.length), this.#position);
    } else {
      if (last !== undefined) await this.#blob.write(last.bytes.subarray(0, this.#filled), this.#position);
      await this.#blob.write(trailer, this.size);
    }
    if (last !== undefined) this.#slabs.give(last);
    this.#filling = undefined;
    return digests;
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
