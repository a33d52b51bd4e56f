import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type Blobs, blobFolders } from '../blobs/blobs.ts';
import { type Change, readChanges, replaceChanges } from '../blobs/changes.ts';
import type { LostFound } from '../blobs/lost-found.ts';
import { type BlobRecord, readSealedBlob } from '../blobs/record.ts';
import type { Row } from '../catalog/statements.ts';

type Options = {
  db: DatabaseSync;
  blobs: Blobs;
  lostFound: LostFound;
  /** The file. */
  changes: string;
  /** Bytes from which on it is made smaller. */
  worthBytes: number;
};

/**
 * Drops the changes that nothing on disk can undo any more, where the file is worth it: after `reconcile`, every blob
 * on disk is one that the index knows. Only copies use bytes of other objects, whose ends must stay written down, and so
 * must those of what is in lost+found.
 */
export async function compactChanges(options: Options): Promise<void> {
  const { db, blobs, changes, worthBytes } = options;
  if ((statSync(changes, { throwIfNoEntry: false })?.size ?? 0) < worthBytes) return;
  // What was removed must not come back once its delete is forgotten.
  for (const folder of blobFolders()) await blobs.syncFolder(folder);
  const { groups } = readChanges(changes);
  const last = groups.at(-1);
  if (last === undefined) return;
  const ends = stillNeeded(options);
  const kept = groups
    .flatMap((group) => group.changes)
    .filter(
      (change) =>
        (change.type === 'delete' && ends.places.has(`${change.bucket}/${change.key}`)) ||
        (change.type === 'upload-ended' && ends.uploads.has(change.uploadId)) ||
        (change.type === 'bucket-deleted' && ends.buckets.has(change.name)),
    );
  // A bucket that was deleted and made again is first gone, then there.
  const isDeleted = ({ type }: Change) => type === 'bucket-deleted';
  const inOrder = [...kept.filter(isDeleted), ...bucketsOf(db), ...kept.filter((change) => !isDeleted(change))];
  replaceChanges(changes, { number: last.number, changes: inOrder });
}

/** Of which keys, uploads and buckets there still are bytes: those that copies use, and those in lost+found. */
function stillNeeded({ db, blobs, lostFound }: Options) {
  const [places, uploads, buckets] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const shared = db
    .prepare(
      `SELECT DISTINCT blob FROM segment JOIN object ON object.id = object_id
       WHERE manifest IS NOT NULL AND upload_id IS NULL`,
    )
    .all() as Row[];
  const paths = [
    ...shared.map(({ blob }) => blobs.path(String(blob))),
    ...lostFound.blobs().map((blob) => lostFound.pathOf(blob)),
  ];
  for (const path of paths) {
    const record = recordOf(path);
    if (record === undefined || record.kind === 'bytes') continue;
    places.add(`${record.bucket}/${record.key}`);
    buckets.add(record.bucket);
    if ('uploadId' in record && record.uploadId !== undefined) uploads.add(record.uploadId);
  }
  return { places, uploads, buckets };
}

/** Undefined where the file is gone, or can't be read: then it can't come back as anything else. */
function recordOf(path: string): BlobRecord | undefined {
  try {
    return readSealedBlob(path)?.record;
  } catch {
    return undefined;
  }
}

/** The buckets as they are, as changes that make them. */
export const bucketsOf = (db: DatabaseSync): Change[] =>
  (db.prepare('SELECT * FROM bucket').all() as Row[]).map(({ name, created_at, cors }) => ({
    type: 'bucket',
    name: String(name),
    createdAt: Number(created_at),
    cors: cors === null ? undefined : String(cors),
  }));
