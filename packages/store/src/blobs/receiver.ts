import { S3Error } from '@darkslide/s3wire';
import type { HashBuffers } from '../hashing/buffers.ts';
import { createDigester, type DigestName, type Digests } from '../hashing/digests.ts';
import type { Hasher, Hashing } from '../hashing/hashing.ts';
import type { NewBytes } from '../model.ts';
import { BlobWriter } from './blob-writer.ts';
import type { Blobs } from './blobs.ts';

/** Bodies up to this many bytes are hashed in this thread: a message to another one would take longer. */
const MAX_INLINE_HASH_BYTES = 32 * 1024;

/** Takes bytes, which are its own until it returns; a promise says when to send more, and keeps them until then. */
export type Sink = (bytes: Buffer) => Promise<void> | undefined;

export type Received = NewBytes & { digests: Digests };

/** Writes bodies to blobs, hashing them at the same time. Memory: `BUFFERS_PER_UPLOAD` buffers for each. */
export class Receiver {
  readonly #blobs: Blobs;
  readonly #buffers: HashBuffers;
  readonly #hashing: Hashing;
  readonly #reservedBytes: number;

  constructor(options: { blobs: Blobs; buffers: HashBuffers; hashing: Hashing; reservedBytes: number }) {
    this.#blobs = options.blobs;
    this.#buffers = options.buffers;
    this.#hashing = options.hashing;
    this.#reservedBytes = options.reservedBytes;
  }

  /**
   * Calls `pump`, which sends `size` bytes, and returns the blob that contains them. `seal` gets all digests and returns
   * the blob's trailer, or throws. Once this resolves, the bytes are on disk; if it throws, nothing is kept.
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
    const hasher = size <= MAX_INLINE_HASH_BYTES ? await inPlace(names) : this.#hashing.hasher(names);
    const writer = new BlobWriter({ blob, hasher, buffers: this.#buffers });
    try {
      const pumped = await pump((bytes) => writer.write(bytes));
      // The sender has counted too, but a blob with another size than the index says must never be published.
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
    update: async (buffer, length) => digester.update(buffer.bytes.subarray(0, length)),
    finish: async () => digester.finish(),
    drop: () => {},
  };
}
