import { type FileHandle, open, stat } from 'node:fs/promises';
import type { ReadHashing } from '../hashing/read-hashing.ts';
import type { DamageReason, StoredBlob } from '../model.ts';
import type { Blobs } from './blobs.ts';

/** Bytes read from disk at a time. Whole blocks of MD5. */
const READ_BYTES = 256 * 1024;
/** While more blobs than this are read at once, smaller chunks keep memory low. */
const MAX_LARGE_READERS = 16;
const SMALL_READ_BYTES = 64 * 1024;

/** The codes of the system for bytes that the disk cannot read. */
const UNREADABLE = new Set(['EIO', 'EUCLEAN', 'EBADMSG', 'ENODATA']);

const WORDS: Record<DamageReason, string> = {
  missing: 'its file is missing',
  short: 'its file is too short',
  changed: 'its bytes have changed',
  unreadable: 'the disk does not give its bytes back',
};

/** A blob does not hold what was stored. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
  readonly blob: string;
  readonly reason: DamageReason;

  constructor(blob: string, reason: DamageReason) {
    super(`blob ${blob} is damaged: ${WORDS[reason]}`);
    this.blob = blob;
    this.reason = reason;
  }
}

/** Bytes after them are not checked. @throws {DamagedError} where the file is missing or too short */
export async function checkSize(blobs: Blobs, { blob, size }: StoredBlob): Promise<void> {
  const found = await stat(blobs.path(blob)).catch((error) => damageOr(error, blob));
  if (found.size < size) throw new DamagedError(blob, 'short');
}

/** Opens it. @throws {DamagedError} as `checkSize` */
export async function openBlob(blobs: Blobs, stored: StoredBlob): Promise<FileHandle> {
  const handle = await open(blobs.path(stored.blob)).catch((error) => damageOr(error, stored.blob));
  try {
    if ((await handle.stat()).size < stored.size) throw new DamagedError(stored.blob, 'short');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

let readers = 0;

/** The bytes [from, to) of an open blob, which is closed then. @throws {DamagedError} */
export async function* readBlob(
  handle: FileHandle,
  { blob, from, to }: { blob: string; from: number; to: number },
): AsyncGenerator<Buffer> {
  readers += 1;
  try {
    for (let position = from; position < to; ) {
      const chunk = Math.min(readers > MAX_LARGE_READERS ? SMALL_READ_BYTES : READ_BYTES, to - position);
      const bytes = Buffer.allocUnsafe(chunk);
      await fill(handle, { bytes, position, blob });
      position += chunk;
      yield bytes;
    }
  } finally {
    readers -= 1;
    await handle.close();
  }
}

/**
 * All bytes of an open blob, which is closed then; returns their MD5 in hex. The last chunk is only given once the
 * MD5 is found right, so that no client receives all of a damaged blob.
 * @throws {DamagedError}
 */
export async function* readWholeBlob(
  handle: FileHandle,
  { blob, size, md5 }: StoredBlob,
  hashing: ReadHashing,
): AsyncGenerator<Buffer, string> {
  const hasher = hashing.hasher(size);
  let hashed: Promise<void> = Promise.resolve();
  let held: Buffer | undefined;
  let found: string | undefined;
  try {
    for await (const bytes of readBlob(handle, { blob, from: 0, to: size })) {
      await hashed;
      hashed = hasher.update(bytes);
      hashed.catch(() => {});
      if (held !== undefined) yield held;
      held = bytes;
    }
    await hashed;
    found = await hasher.finish();
  } finally {
    await hashed.catch(() => {});
    if (found === undefined) hasher.drop();
  }
  if (md5 !== undefined && md5 !== found) throw new DamagedError(blob, 'changed');
  if (held !== undefined) yield held;
  return found;
}

async function fill(
  handle: FileHandle,
  { bytes, position, blob }: { bytes: Buffer; position: number; blob: string },
): Promise<void> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle
      .read(bytes, filled, bytes.length - filled, position + filled)
      .catch((error) => damageOr(error, blob));
    if (bytesRead === 0) throw new DamagedError(blob, 'short');
    filled += bytesRead;
  }
}

function damageOr(error: NodeJS.ErrnoException, blob: string): never {
  if (error.code === 'ENOENT') throw new DamagedError(blob, 'missing');
  if (UNREADABLE.has(error.code ?? '')) throw new DamagedError(blob, 'unreadable');
  throw error;
}
