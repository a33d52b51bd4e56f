import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Blobs } from '../blobs/blobs.ts';
import { readSealedBlob, trailerOf } from '../blobs/record.ts';
import { Salvage } from './salvage.ts';

/** `left`: the trailer is damaged, and the index can't tell what it was. */
export type TrailerState = 'whole' | 'fixed' | 'left';

/**
 * Looks at the trailer of a blob whose `size` bytes were found right just before. A damaged one is written again from
 * the index, where the sums of its rows say that these are as they were written. A blob without bytes is made again also
 * where its file is missing.
 */
export async function fixTrailer(
  { blobs, index }: { blobs: Blobs; index: string },
  { blob, size }: { blob: string; size: number },
): Promise<TrailerState> {
  const path = blobs.path(blob);
  if (isSealed(path, size)) return 'whole';
  const salvage = new Salvage(index);
  const record = salvage.recordOf(blob);
  salvage.close();
  if (record === undefined) return 'left';
  const trailer = trailerOf(record, size);
  const file = await open(path, constants.O_RDWR | (size === 0 ? constants.O_CREAT : 0), 0o600);
  try {
    await file.truncate(size);
    await file.write(trailer, 0, trailer.length, size);
    await file.datasync();
  } finally {
    await file.close();
  }
  if (size === 0) await blobs.syncFolder(blob.slice(0, blob.indexOf('/')));
  return 'fixed';
}

function isSealed(path: string, size: number): boolean {
  try {
    return readSealedBlob(path)?.size === size;
  } catch {
    return false;
  }
}
