import { createHash } from 'node:crypto';
import { createReadStream, existsSync, renameSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { blobFolders, PARTIAL, runOf } from '../blobs/blobs.ts';
import { changesPath, readChanges } from '../blobs/changes.ts';
import { syncDirectory } from '../blobs/directory-sync.ts';
import { FolderLock } from '../blobs/lock.ts';
import { LostFound } from '../blobs/lost-found.ts';
import { ownFile } from '../blobs/private.ts';
import { readSealedBlob, type SealedBlob } from '../blobs/record.ts';
import { checkIndex, openIndex } from '../catalog/schema.ts';
import { removeSeal } from '../catalog/seal.ts';
import { Restorer } from './restorer.ts';
import { Salvage } from './salvage.ts';

export type RebuildReport = {
  /** Files that were read. */
  blobs: number;
  objects: number;
  /** Bytes of all objects. */
  bytes: number;
  openUploads: number;
  /** Blobs of what was replaced or deleted; the next start removes them. */
  superseded: number;
  /** Files of lost+found that are among the blobs again: nothing newer is there in their place. */
  broughtBack: number;
  /** Files that do not say what they are, in lost+found now: photos may be missing, whose bytes these are. */
  unreadable: string[];
  /** Objects of which some bytes are not on the disk. */
  lost: { bucket: string; key: string }[];
  /** Lines of the file of changes that can't be read: what they deleted may be back. */
  damagedChanges: number;
  /** The earlier index, where there was one. */
  keptIndex: string | undefined;
};

/** Blobs between two reports of progress. */
const REPORT_EVERY_BLOBS = 1000;

/**
 * Makes a new index from what the blobs of a store say of themselves, and puts it in the place of the old one, which is
 * kept. The store must not run: throws FolderInUseError.
 */
export async function rebuildIndex(options: {
  dataDir: string;
  progress?: (done: number, total: number) => void;
}): Promise<RebuildReport> {
  const { dataDir, progress = () => {} } = options;
  if (!existsSync(join(dataDir, 'blobs'))) {
    throw new Error(`${dataDir} holds no store: there is no folder "blobs" in it`);
  }
  const lock = FolderLock.take(dataDir);
  try {
    const fresh = join(dataDir, 'index.sqlite.new');
    removeIndex(fresh);
    const report = await fill({ dataDir, fresh, progress });
    return { ...report, keptIndex: await putInPlace(dataDir, fresh) };
  } finally {
    lock.release();
  }
}

async function fill(options: {
  dataDir: string;
  fresh: string;
  progress: (done: number, total: number) => void;
}): Promise<Omit<RebuildReport, 'keptIndex'>> {
  const { dataDir, fresh, progress } = options;
  ownFile(fresh);
  const db = openIndex(fresh, { check: false, mayBeNew: true });
  const salvage = new Salvage(join(dataDir, 'index.sqlite'));
  try {
    db.exec('PRAGMA synchronous = OFF; BEGIN IMMEDIATE');
    const { groups, damagedLines } = readChanges(changesPath(dataDir));
    const restorer = new Restorer(db, groups);
    const blobs = await listBlobs(dataDir);
    const silent: string[] = [];
    for (const [done, blob] of blobs.entries()) {
      if (done % REPORT_EVERY_BLOBS === 0) {
        progress(done, blobs.length);
        await turn();
      }
      const sealed = read(join(dataDir, 'blobs', blob));
      restorer.noteRun(runOf(blob));
      if (sealed === undefined) silent.push(blob);
      else restorer.add(blob, sealed);
    }
    progress(blobs.length, blobs.length);
    restorer.addSaved(salvage.of(silent));
    const known = new Set(blobs);
    const aside = await readSetAside(dataDir, known);
    const has = (blob: string) => known.has(blob) || aside.has(blob);
    for (const [blob, sealed] of aside) restorer.addSetAside(blob, sealed, has);
    const lost = restorer.finish({ has });
    db.exec('COMMIT');
    checkIndex(db);
    const used = restorer.usedBlobs();
    const unreadable = silent.filter((blob) => !used.has(blob));
    const superseded = blobs.filter((blob) => !used.has(blob)).length - unreadable.length;
    await setAside(dataDir, unreadable);
    const broughtBack = await bringBack(
      dataDir,
      [...aside.keys()].filter((blob) => used.has(blob)),
    );
    return {
      blobs: blobs.length,
      ...restorer.counts(),
      superseded,
      broughtBack,
      unreadable,
      lost,
      damagedChanges: damagedLines,
    };
  } finally {
    salvage.close();
    db.close();
  }
}

async function listBlobs(dataDir: string): Promise<string[]> {
  const blobs: string[] = [];
  for (const folder of blobFolders()) {
    const path = join(dataDir, 'blobs', folder);
    if (!existsSync(path)) throw new Error(`${path} is missing: restore the data folder first`);
    for (const name of await readdir(path)) if (!name.endsWith(PARTIAL)) blobs.push(`${folder}/${name}`);
  }
  return blobs;
}

/** Undefined where the file does not say what it is, or the disk does not give it back. */
function read(path: string): SealedBlob | undefined {
  try {
    return readSealedBlob(path);
  } catch {
    return undefined;
  }
}

/** What lies in lost+found and is whole: the bytes of a file that was not acknowledged may never have reached the disk. */
async function readSetAside(dataDir: string, known: Set<string>): Promise<Map<string, SealedBlob>> {
  const lostFound = new LostFound(dataDir);
  const aside = new Map<string, SealedBlob>();
  for (const blob of lostFound.blobs()) {
    const path = lostFound.pathOf(blob);
    const sealed = known.has(blob) ? undefined : read(path);
    if (sealed !== undefined && (await holdsItsBytes(path, sealed))) aside.set(blob, sealed);
  }
  return aside;
}

async function holdsItsBytes(path: string, { record, size }: SealedBlob): Promise<boolean> {
  if (record.kind === 'bytes' || record.kind === 'manifest') return true;
  const hash = createHash('md5');
  try {
    if (size > 0) for await (const bytes of createReadStream(path, { end: size - 1 })) hash.update(bytes);
  } catch {
    return false;
  }
  return hash.digest('hex') === record.etag;
}

/** Returns how many these are. */
async function bringBack(dataDir: string, blobs: readonly string[]): Promise<number> {
  const lostFound = new LostFound(dataDir);
  for (const blob of blobs) lostFound.giveBack(blob);
  const folders = new Set(blobs.map((blob) => blob.slice(0, blob.indexOf('/'))));
  for (const folder of folders) await syncDirectory(join(dataDir, 'blobs', folder));
  await lostFound.sync();
  return blobs.length;
}

async function setAside(dataDir: string, blobs: readonly string[]): Promise<void> {
  const lostFound = new LostFound(dataDir);
  for (const blob of blobs) lostFound.take(blob);
  await lostFound.sync();
}

/** Returns where the earlier index is now. A start between these steps finds no index, and says so. */
async function putInPlace(dataDir: string, fresh: string): Promise<string | undefined> {
  const file = await open(fresh, 'r');
  await file.sync().finally(() => file.close());
  const path = join(dataDir, 'index.sqlite');
  const kept = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const hadIndex = existsSync(path);
  // The log goes too: SQLite would take it for that of the new index.
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, kept + end);
  await removeSeal(dataDir);
  renameSync(fresh, path);
  await syncDirectory(dataDir);
  return hadIndex ? kept : undefined;
}

function removeIndex(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
}
