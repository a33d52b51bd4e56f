import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock } from '../blobs/lock.ts';
import { Damage } from '../catalog/damage-marks.ts';
import { IndexReader } from '../catalog/reader.ts';
import { CloseStack } from '../close-stack.ts';
import { ReadHashing } from '../hashing/read-hashing.ts';
import type { DamageReason, ObjectName } from '../model.ts';
import { DEFAULT_LIMITS } from '../options.ts';
import { Data } from '../recovery/open-data.ts';
import { checkAll } from './scrub.ts';

export type DamagedObject = ObjectName & { reason: DamageReason };

export type ScrubProgress = {
  /** Files of bytes that were read, and their bytes so far. */
  blobs: number;
  bytes: number;
  /** Of all of them. */
  totalBytes: number;
};

export type ScrubReport = ScrubProgress & {
  /** Files of bytes that do not hold what was stored; those of open uploads are among them. */
  damagedBlobs: number;
  damagedObjects: DamagedObject[];
};

/** Damaged objects that a report names; all are counted. */
const MAX_NAMED = 10_000;

/**
 * Reads all that a stopped store holds, as fast as the disk gives it, and records what is damaged and what is whole
 * again.
 * @throws {FolderInUseError} while a store runs on the folder, the signal's reason, and where there is no store
 */
export async function scrubFolder({
  dataDir,
  signal,
  onProgress = () => {},
}: {
  dataDir: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ScrubProgress) => void) | undefined;
}): Promise<ScrubReport> {
  const indexPath = join(dataDir, 'index.sqlite');
  if (!existsSync(indexPath)) throw new Error(`There is no store in ${dataDir}`);
  const lock = FolderLock.take(dataDir);
  const opened = new CloseStack();
  opened.defer(() => lock.release());
  let died: Error | undefined;
  const onDeath = (error: Error) => {
    died = error;
  };
  try {
    const { maxConnections: maxInProgress, compactChangesBytes } = DEFAULT_LIMITS;
    const log = () => {};
    const data = await Data.open({
      dataDir,
      maxInProgress,
      lostFoundDays: undefined,
      compactChangesBytes,
      log,
      onDeath,
    });
    opened.defer(() => data.close());
    const { blobs, reader, writer } = data;
    const hashing = new ReadHashing({ onDeath });
    opened.defer(() => hashing.close());
    const damage = new Damage({ reader, writer, log: () => {} });

    const startedAt = Date.now();
    const progress: ScrubProgress = { blobs: 0, bytes: 0, totalBytes: reader.storedBytes() };
    const onRead = async (bytes: number) => {
      signal?.throwIfAborted();
      if (died !== undefined) throw died;
      progress.bytes += bytes;
      onProgress({ ...progress });
    };
    let damagedBlobs = 0;
    for await (const { isWhole } of checkAll({ reader, writer, blobs, hashing, damage }, { after: '', onRead })) {
      progress.blobs += 1;
      if (!isWhole) damagedBlobs += 1;
    }
    await writer.run({ type: 'saveScrub', state: { after: '', startedAt, finishedAt: Date.now() } });
    return { ...progress, damagedBlobs, damagedObjects: reader.damagedObjects(MAX_NAMED) };
  } finally {
    await opened.close();
  }
}

/** What is known of the damage in a store, running or not, from its index alone; undefined where there is no store. */
export function readDamage(
  dataDir: string,
  { limit }: { limit: number },
): { count: number; objects: DamagedObject[]; lastPassAt: number | undefined } | undefined {
  const indexPath = join(dataDir, 'index.sqlite');
  if (!existsSync(indexPath)) return undefined;
  const reader = new IndexReader(indexPath);
  reader.open();
  try {
    const lastPassAt = reader.scrubState()?.finishedAt;
    return { count: reader.countDamagedObjects(), objects: reader.damagedObjects(limit), lastPassAt };
  } finally {
    reader.close();
  }
}
