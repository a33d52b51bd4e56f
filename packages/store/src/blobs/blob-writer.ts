import type { HashBuffer, HashBuffers } from '../hashing/buffers.ts';
import type { Digests } from '../hashing/digests.ts';
import type { Hasher } from '../hashing/hashing.ts';
import type { NewBlob } from './new-blob.ts';

/** HashBuffers of one upload: one fills while the other is written and hashed. */
export const BUFFERS_PER_UPLOAD = 2;
export const BUFFER_BYTES = 256 * 1024;

/** Gathers bytes in buffers; each full one is written and hashed while the next one fills. */
export class BlobWriter {
  readonly #blob: NewBlob;
  readonly #hasher: Hasher;
  readonly #buffers: HashBuffers;
  #filling: HashBuffer | undefined;
  #filled = 0;
  /** At how many bytes the filling buffer is full. */
  #fillBytes = 0;
  #position = 0;
  #busy = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;
  #ended = false;

  constructor({ blob, hasher, buffers }: { blob: NewBlob; hasher: Hasher; buffers: HashBuffers }) {
    this.#blob = blob;
    this.#hasher = hasher;
    this.#buffers = buffers;
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#position + (this.#filling === undefined ? 0 : this.#filled);
  }

  /** Takes bytes; a promise says when there is room for more. @throws what an earlier write or hash failed with */
  write(bytes: Buffer): Promise<void> | undefined {
    let position = 0;
    while (position < bytes.length) {
      if (this.#failure) throw this.#failure.error;
      if (this.#filling === undefined) {
        if (this.#busy.size >= BUFFERS_PER_UPLOAD) return this.#writeRest(bytes.subarray(position));
        this.#fillBytes = this.#buffers.fillBytes;
        this.#filling = this.#buffers.take();
        this.#filled = 0;
      }
      const copied = bytes.copy(this.#filling.bytes, this.#filled, position, position + this.#fillBytes - this.#filled);
      position += copied;
      this.#filled += copied;
      if (this.#filled === this.#fillBytes) this.#flush();
    }
    return undefined;
  }

  /**
   * Resolves when everything is written, followed by the trailer that `seal` returns, but not yet synced. The last buffer is
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
    if (last !== undefined) this.#buffers.give(last);
    this.#filling = undefined;
    return digests;
  }

  /** Waits until no thread uses a buffer of ours any more. */
  async abandon(): Promise<void> {
    // Stops a write that still waits for a buffer.
    this.#failure ??= { error: new Error('the upload was given up') };
    if (this.#filling) this.#buffers.give(this.#filling);
    this.#filling = undefined;
    await Promise.all(this.#busy);
    if (!this.#ended) this.#hasher.drop();
  }

  async #writeRest(bytes: Buffer): Promise<void> {
    await Promise.race(this.#busy);
    await this.write(bytes);
  }

  #flush(): void {
    const buffer = this.#filling;
    if (buffer === undefined) return;
    this.#filling = undefined;
    const position = this.#position;
    this.#position += this.#filled;
    const task = this.#store(buffer, this.#filled, position).finally(() => this.#busy.delete(task));
    this.#busy.add(task);
  }

  async #store(buffer: HashBuffer, length: number, position: number): Promise<void> {
    const tasks = [this.#blob.write(buffer.bytes.subarray(0, length), position), this.#hasher.update(buffer, length)];
    const results = await Promise.allSettled(tasks);
    this.#buffers.give(buffer);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.#failure ??= { error: failed.reason };
  }
}
