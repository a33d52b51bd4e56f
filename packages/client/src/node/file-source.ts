import { createHash } from 'node:crypto';
import { closeSync, open, read } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SourceError } from '../base/errors.ts';
import { FILE_CHANGED, identityOf, isUnchanged } from '../base/file-identity.ts';
import type { Body, ByteRange, FileStat, Source } from '../base/ports.ts';
import { isOutOfDescriptors, TOO_MANY_OPEN, whenDescriptorsAreFree } from './descriptors.ts';
import { CHUNK_BYTES } from './md5-messages.ts';
import type { HashBuffer, Md5Pool, PooledHash } from './md5-pool.ts';

/**
 * Up to this size a body is hashed in the main thread: passing it to another thread would cost more.
 */
export const INLINE_HASH_MAX_BYTES = 64 * 1024;

/**
 * At most this many bytes are sent at once: while they are sent no progress is seen. Reads are larger, because each has
 * the same cost.
 */
const SEND_BYTES = 256 * 1024;

/** A file on disk. @param path absolute. */
export function createFileSource({ path, pool, ...found }: { path: string; pool: Md5Pool } & FileStat): Source {
  const planned = identityOf(found);
  const body = (range: ByteRange) =>
    range.end - range.start <= INLINE_HASH_MAX_BYTES
      ? new SmallBody(path, planned, range)
      : new FileBody(path, planned, range, pool);
  return {
    name: basename(path),
    path,
    ...planned,
    stat: () => statFile(path),
    open: body,
    async md5(range, { signal } = {}) {
      const read = body(range);
      for await (const _ of read.chunks()) signal?.throwIfAborted();
      return read.md5();
    },
  };
}

/** @throws {SourceError} `vanished` or `unreadable`. */
export async function statFile(path: string): Promise<FileStat> {
  try {
    const { size, mtimeMs, ctimeMs, dev, ino } = await stat(path);
    return { size, modifiedMs: mtimeMs, changedMs: ctimeMs, inode: `${dev}:${ino}` };
  } catch (error) {
    throw asSourceError(error);
  }
}

/** A body of one chunk. */
class SmallBody implements Body {
  readonly size: number;
  readonly #path: string;
  readonly #planned: FileStat;
  readonly #range: ByteRange;
  #md5: string | undefined;

  constructor(path: string, planned: FileStat, range: ByteRange) {
    this.#path = path;
    this.#planned = planned;
    this.#range = range;
    this.size = range.end - range.start;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const fd = await openFile(this.#path);
    const chunk = Buffer.allocUnsafe(this.size);
    try {
      await readFully(fd, chunk, this.#range.start);
      await checkUnchanged(this.#path, this.#planned);
    } finally {
      closeSync(fd);
    }
    this.#md5 = createHash('md5').update(chunk).digest('hex');
    yield chunk;
  }

  async md5(): Promise<string> {
    if (this.#md5 === undefined) throw new Error('The body was not read to its end');
    return this.#md5;
  }
}

/** A body of many chunks: each is read while the one before it is sent and hashed. */
class FileBody implements Body {
  readonly size: number;
  readonly #path: string;
  readonly #planned: FileStat;
  readonly #range: ByteRange;
  readonly #pool: Md5Pool;
  #hash: PooledHash | undefined;

  constructor(path: string, planned: FileStat, range: ByteRange, pool: Md5Pool) {
    this.#path = path;
    this.#planned = planned;
    this.#range = range;
    this.#pool = pool;
    this.size = range.end - range.start;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const fd = await openFile(this.#path);
    const hash = this.#pool.begin();
    this.#hash = hash;
    const { start, end } = this.#range;
    let reading: Promise<HashBuffer> | undefined;
    let sending: HashBuffer | undefined;
    let whole = false;
    try {
      for (let at = start; at < end; ) {
        const buffer: HashBuffer = await (reading ?? this.#read(fd, at));
        sending = buffer;
        reading = undefined;
        const length = Math.min(CHUNK_BYTES, end - at);
        at += length;
        if (at < end) reading = this.#read(fd, at);
        else await checkUnchanged(this.#path, this.#planned);
        whole = at === end;
        hash.update(buffer, length, whole);
        yield* slices(buffer.bytes.subarray(0, length));
        sending = undefined;
        buffer.release();
      }
    } finally {
      if (!whole) hash.drop();
      sending?.release();
      await reading?.then((unused) => unused.release()).catch(() => {});
      closeSync(fd);
    }
  }

  async md5(): Promise<string> {
    if (!this.#hash) throw new Error('The body was not read to its end');
    return this.#hash.digest();
  }

  async #read(fd: number, at: number): Promise<HashBuffer> {
    const buffer = await this.#pool.acquire();
    try {
      await readFully(fd, buffer.bytes.subarray(0, Math.min(CHUNK_BYTES, this.#range.end - at)), at);
      return buffer;
    } catch (error) {
      buffer.release();
      throw error;
    }
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += SEND_BYTES) yield bytes.subarray(at, at + SEND_BYTES);
}

/**
 * Returns a file descriptor. The caller closes it with `closeSync`, which does not block for a file that was only read.
 * A `FileHandle` would close in another thread, and takes twice as long for every read.
 */
async function openFile(path: string): Promise<number> {
  try {
    return await whenDescriptorsAreFree(() => openNow(path));
  } catch (error) {
    throw asSourceError(error);
  }
}

function openNow(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, fd) => {
      if (error) reject(error);
      else resolve(fd);
    });
  });
}

async function readFully(fd: number, buffer: Buffer, position: number): Promise<void> {
  for (let got = 0; got < buffer.length; ) {
    const bytesRead = await readSome(fd, buffer.subarray(got), position + got);
    if (bytesRead === 0) throw changed();
    got += bytesRead;
  }
}

function readSome(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (error) reject(asSourceError(error));
      else resolve(bytesRead);
    });
  });
}

async function checkUnchanged(path: string, planned: FileStat): Promise<void> {
  if (!isUnchanged(await statFile(path), planned)) throw changed();
}

const changed = () => new SourceError('changed', FILE_CHANGED);

const VANISHED = 'The file no longer exists. Check that the card or disk is connected, or use its new path.';

export function asSourceError(error: unknown): SourceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SourceError('vanished', VANISHED, { cause: error });
  if (isOutOfDescriptors(error)) return new SourceError('unreadable', TOO_MANY_OPEN, { cause: error });
  const message =
    code === 'EACCES' || code === 'EPERM'
      ? 'Its permissions do not allow reading. Change them, or run this as a user who may read it.'
      : `The disk could not read it (${code}). Copy it from the card again, or try another reader or cable.`;
  return new SourceError('unreadable', message, { cause: error });
}
