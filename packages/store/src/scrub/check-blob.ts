import type { Blobs } from '../blobs/blobs.ts';
import { DamagedError, openBlob, readWholeBlob } from '../blobs/damage.ts';
import { fitsParts } from '../blobs/part-md5s.ts';
import type { Damage } from '../catalog/damage-marks.ts';
import type { IndexReader } from '../catalog/reader.ts';
import type { IndexWriter } from '../catalog/writer.ts';
import type { ReadHashing } from '../hashing/read-hashing.ts';
import type { StoredBlob } from '../model.ts';
import { fixTrailer } from '../recovery/fix-trailer.ts';

/** What checking blobs needs. */
export type Checking = {
  reader: IndexReader;
  writer: IndexWriter;
  blobs: Blobs;
  hashing: ReadHashing;
  damage: Damage;
};

/** Called with the number of bytes read; reading waits until it resolves. */
export type OnRead = (bytes: number) => Promise<void>;

/**
 * Reads all of a blob and records whether it holds what was stored; returns whether it does. A blob
 * that is not used any more is skipped.
 */
export async function checkBlob(checking: Checking, blob: string, onRead: OnRead): Promise<boolean> {
  const { reader, blobs, damage } = checking;
  const release = blobs.retain([blob]);
  try {
    // Asked once it is retained: what the index knows now stays on disk.
    const stored = reader.storedBlob(blob);
    if (stored === undefined) return true;
    // The index can make all of a blob without bytes again.
    if (stored.size === 0) await checkTrailer(checking, stored);
    if (stored.md5 === undefined) await checkParts(checking, blob, onRead);
    else await read(checking, stored, onRead);
    await damage.foundWhole(blob);
    if (stored.size > 0) await checkTrailer(checking, stored);
    return true;
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    await damage.found(error);
    return false;
  } finally {
    release();
  }
}

/** Without a whole trailer an object reads as ever, but would be missing after a rebuild. */
async function checkTrailer({ reader, blobs, damage }: Checking, stored: StoredBlob): Promise<void> {
  const state = await fixTrailer({ blobs, index: reader.path }, stored);
  if (state !== 'whole') damage.foundTrailer(stored.blob, { isFixed: state === 'fixed' });
}

async function read({ blobs, hashing }: Checking, stored: StoredBlob, onRead: OnRead): Promise<string> {
  const reading = readWholeBlob(await openBlob(blobs, stored), stored, hashing);
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return value;
    try {
      await onRead(value.length);
    } catch (error) {
      await reading.return('');
      throw error;
    }
  }
}

/**
 * Checks the object that the blob is part of as a whole, where the index has no MD5 of its parts, and records those.
 * @throws {DamagedError}
 */
async function checkParts(checking: Checking, blob: string, onRead: OnRead): Promise<void> {
  const { reader, writer, blobs } = checking;
  const object = reader.objectWithoutMd5s(blob);
  if (object === undefined) return;
  const segments = reader.segments(object.objectId, 0, Number.MAX_SAFE_INTEGER);
  const release = blobs.retain(segments.map((segment) => segment.blob));
  try {
    const md5s: { start: number; md5: string }[] = [];
    for (const segment of segments) {
      md5s.push({ start: segment.start, md5: await read(checking, segment, onRead) });
    }
    const fits = fitsParts(
      object.etag,
      md5s.map(({ md5 }) => md5),
    );
    if (!fits) throw new DamagedError(blob, 'changed');
    await writer.run({ type: 'learnMd5s', objectId: object.objectId, md5s });
  } finally {
    release();
  }
}
