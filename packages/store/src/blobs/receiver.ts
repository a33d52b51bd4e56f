import { S3Error } from '@darkslide/s3wire';
import { createDigester, type DigestName, type Digests } from '../hashing/digests.ts';
import type { Hasher, Hashing } from '../hashing/hashing.ts';
import type { Slabs } from '../hashing/slabs.ts';
import type { NewBytes } from '../model.ts';
import type { Blobs } from './blobs.ts';
import { SlabWriter } from './slab-writer.ts';

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
   * Has `pump` send `size` bytes and answers the blob that holds them. `seal` answers the blob's trailer, or refuses
   * it, with all the digests at hand. Once this resolves, the bytes are on disk; if it throws, nothing is kept.
   */
  async receive<T>(options: {
    size: number;
    digests: DigestName[];
    pump: (sink: Sink) => Promise<T>;
    seal: (digests: Digests, pumped: T) => Buffer;
  }): Promise<Received> {
    const { size, digests: names, pump, seal } = options;
    await this.#requireSpace(size);
    const blob = await this.#blobs.create();
    const hasher = size <= HASHED_IN_PLACE ? await inPlace(names) : this.#hashing.hasher(names);
    const writer = new SlabWriter({ blob, hasher, slabs: this.#slabs });
    try {
      const pumped = await pump((bytes) => writer.write(bytes));
      // Whoever sends has counted too; but a blob of another size than the index says must never be published.
      if (writer.size !== size) throw new S3Error('IncompleteBody');
      const digests = await writer.finish((computed) => seal(computed, pumped));
      await blob.commit();
      return { blob: blob.name, size, digests };
    } catch (error) {
      await writer.abandon();
      await blob.discard();
      throw error;
    }
  }

  /** A blob that is all trailer, on disk once this resolves. */
  async write(trailer: Buffer): Promise<string> {
    await this.#requireSpace(trailer.length);
    const blob = await this.#blobs.create();
    try {
      await blob.write(trailer, 0);
      await blob.commit();
      return blob.name;
    } catch (error) {
      await blob.discard();
      throw error;
    }
  }

  async #requireSpace(size: number): Promise<void> {
    if ((await this.#blobs.freeBytes()) < size + this.#reservedBytes) throw new S3Error('StorageFull');
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
