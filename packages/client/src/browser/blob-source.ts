import { SourceError } from '../base/errors.ts';
import { FILE_CHANGED } from '../base/file-identity.ts';
import type { Body, ByteRange, FileStat, Source } from '../base/ports.ts';
import { CHUNK_BYTES, type Md5Pool } from './md5-pool.ts';

/** A file that a person chose. `path` is the path below the chosen folder, or the bare name. */
export type PickedFile = { file: File; path: string };

export type BlobSourceOptions = PickedFile & {
  pool: Md5Pool;
  /** Send copies in memory: WebKit's requests with a slice of a file as their body may never end. @default false */
  buffered?: boolean | undefined;
};

/** Up to this size a copy costs less than to have the browser read a file a second time. */
const COPIED_BYTES = 256 * 1024;

/** Bytes that are read at once where there are no byte streams. With 512 KiB that takes twice the processor's time. */
const READ_BYTES = 4 * 1024 * 1024;

/** A file of a browser. */
export const createBlobSource = (options: BlobSourceOptions): Source => new BlobSource(options);

/** Small, because a page may have tens of thousands. */
class BlobSource implements Source {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly #file: File;
  readonly #pool: Md5Pool;
  readonly #buffered: boolean;

  constructor({ file, path, pool, buffered = false }: BlobSourceOptions) {
    this.name = file.name;
    this.path = path;
    this.size = file.size;
    this.modifiedMs = file.lastModified;
    this.#file = file;
    this.#pool = pool;
    this.#buffered = buffered;
  }

  async stat(): Promise<FileStat> {
    await readable(this.#file.slice(0, 1));
    return { size: this.size, modifiedMs: this.modifiedMs };
  }

  open({ start, end }: ByteRange): BlobBody {
    const size = end - start;
    // Chromium reads a whole file where it sends it; slices go through its main process.
    const blob = size === this.size ? this.#file : this.#file.slice(start, end);
    return new BlobBody(blob, { pool: this.#pool, buffered: this.#buffered || size <= COPIED_BYTES });
  }

  async md5(range: ByteRange, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const body = this.open(range);
    for await (const _ of body.chunks()) signal?.throwIfAborted();
    return body.md5();
  }
}

/** Bytes of a file. Large ones are sent by the browser's own code, and read a second time to be hashed. */
export class BlobBody implements Body {
  readonly size: number;
  readonly #blob: Blob;
  readonly #pool: Md5Pool;
  readonly #buffered: boolean;
  #digest: Promise<string> | undefined;

  constructor(blob: Blob, { pool, buffered }: { pool: Md5Pool; buffered: boolean }) {
    this.#blob = blob;
    this.#pool = pool;
    this.#buffered = buffered;
    this.size = blob.size;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const hash = this.#pool.begin();
    let at = 0;
    for await (const chunk of chunksOf(this.#blob)) {
      at += chunk.length;
      await hash.update(chunk, at === this.size);
      if (hash.digest !== undefined) this.#digest = Promise.resolve(hash.digest);
      yield chunk;
    }
  }

  /** What a request takes as its body. Begins to hash it. @throws {SourceError} where it cannot be read. */
  async payload(): Promise<Blob | ArrayBuffer> {
    const bytes = this.#buffered ? await readable(this.#blob) : undefined;
    this.#digest = bytes ? this.#pool.md5(new Uint8Array(bytes)) : this.#read();
    this.#digest.catch(() => {});
    return bytes ?? this.#blob;
  }

  /** Tells a file that cannot be read from a network that failed: to a request both look the same. */
  async check(): Promise<void> {
    await readable(this.#blob.slice(0, 1));
    await readable(this.#blob.slice(-1));
  }

  async md5(): Promise<string> {
    if (!this.#digest) throw new Error('The body was not read to its end');
    return this.#digest;
  }

  async #read(): Promise<string> {
    for await (const _ of this.chunks());
    return this.md5();
  }
}

/** All bytes of a blob, `CHUNK_BYTES` at a time but for the last. A chunk is valid until the next one is asked for. */
function chunksOf(blob: Blob): AsyncGenerator<Uint8Array, void> {
  const reader = byteReader(blob);
  return reader ? streamed(blob, reader) : sliced(blob);
}

/** WebKit has no byte streams of files. */
function byteReader(blob: Blob): ReadableStreamBYOBReader | undefined {
  try {
    return blob.stream().getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}

/**
 * Streams that are being read. Chromium (156) frees one that only its own promise refers to, and the promise never
 * settles.
 */
const beingRead = new Set<ReadableStreamBYOBReader>();

/** Reads into the same memory again and again: in Chromium for less than half the processor's time of slices. */
async function* streamed(blob: Blob, reader: ReadableStreamBYOBReader): AsyncGenerator<Uint8Array, void> {
  let memory = new ArrayBuffer(CHUNK_BYTES);
  beingRead.add(reader);
  try {
    for (let left = blob.size; left > 0; ) {
      const wanted = Math.min(left, CHUNK_BYTES);
      let filled = 0;
      while (filled < wanted) {
        const { value, done } = await reader.read(new Uint8Array(memory, filled, wanted - filled)).catch(notReadable);
        if (done || !value) throw new SourceError('changed', FILE_CHANGED);
        memory = value.buffer;
        filled += value.length;
      }
      left -= filled;
      yield new Uint8Array(memory, 0, filled);
    }
  } catch (error) {
    // A stream does not tell a file that is gone from one that cannot be read.
    await readable(blob.slice(0, 1));
    throw error;
  } finally {
    void reader.cancel().catch(() => {});
    beingRead.delete(reader);
  }
}

async function* sliced(blob: Blob): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < blob.size; at += READ_BYTES) {
    const bytes = new Uint8Array(await readable(blob.slice(at, at + READ_BYTES)));
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
  }
}

async function readable(blob: Blob): Promise<ArrayBuffer> {
  const bytes = await blob.arrayBuffer().catch(notReadable);
  // Not every browser refuses to read a file that has become shorter.
  if (bytes.byteLength !== blob.size) throw new SourceError('changed', FILE_CHANGED);
  return bytes;
}

function notReadable(error: unknown): never {
  throw asSourceError(error);
}

/** Browsers do not tell a changed file from one whose disk is away. */
export function asSourceError(error: unknown): SourceError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotFoundError') {
    // WebKit says so of a changed file too.
    const message =
      'The file no longer exists, or was changed. Check that the card or disk is connected, and choose it again.';
    return new SourceError('vanished', message, { cause: error });
  }
  const message =
    'The browser cannot read it: it was changed, its card or disk was removed, or you may not read it. Check that, and choose it again.';
  return new SourceError('unreadable', message, { cause: error });
}
