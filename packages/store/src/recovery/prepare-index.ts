import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Blobs, holdsBlobs } from '../blobs/blobs.ts';
import { changesPath } from '../blobs/changes.ts';
import { makeFolder, syncDirectory } from '../blobs/directory-sync.ts';
import { ownFilesThatExist, ownFolder } from '../blobs/private.ts';
import { openIndex } from '../catalog/schema.ts';
import { breakSeal } from '../catalog/seal.ts';
import { UnsoundIndexError } from '../catalog/soundness.ts';
import { sealOldBlobs } from './seal-old.ts';

/** Where in a data folder things are. */
export const placesIn = (dataDir: string) => ({
  index: join(dataDir, 'index.sqlite'),
  blobs: join(dataDir, 'blobs'),
  changes: changesPath(dataDir),
});

/** Lets only the owner read the folder and its files, whatever the umask was when they were made. */
export async function ownDataFolder(dataDir: string): Promise<void> {
  await makeFolder(dataDir);
  ownFolder(dataDir);
  const { index, changes } = placesIn(dataDir);
  ownFilesThatExist([index, `${index}-wal`, `${index}-shm`, changes, join(dataDir, 'index.seal')]);
}

/** Opens the folders of blobs: makes them where there is neither index nor blob. @throws {UnsoundIndexError} */
export async function openBlobs(dataDir: string): Promise<{ blobs: Blobs; isNew: boolean }> {
  const places = placesIn(dataDir);
  const hasIndex = existsSync(places.index);
  const hasBlobs = await holdsBlobs(places.blobs);
  if (!hasIndex && (hasBlobs || existsSync(places.changes))) throw new UnsoundIndexError('index.sqlite is missing');
  const blobs = await Blobs.open(places.blobs, { fresh: !hasIndex });
  return { blobs, isNew: !hasBlobs && !existsSync(places.changes) };
}

/**
 * Sees to it that the index is sound and of this version before anything is done with it.
 * @throws {UnsoundIndexError} and what SQLite throws where the disk is full
 */
export async function prepareIndex(options: {
  dataDir: string;
  blobs: Blobs;
  isNew: boolean;
  progress: (done: number) => void;
}): Promise<void> {
  const { dataDir, blobs, isNew, progress } = options;
  const { index, changes } = placesIn(dataDir);
  const seal = existsSync(index) ? await breakSeal(dataDir, index) : 'unknown';
  if (seal === 'broken') throw new UnsoundIndexError('index.sqlite is not as the last run left it');
  const db: DatabaseSync = openIndex(index, { check: seal === 'unknown', mayBeNew: isNew });
  try {
    await sealOldBlobs({ db, blobs, changes, progress });
  } finally {
    db.close();
  }
  await syncDirectory(dataDir);
}
