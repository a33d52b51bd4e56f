import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type Blobs, blobFolders } from '../blobs/blobs.ts';
import { type Change, readChanges, replaceChanges } from '../blobs/changes.ts';
import { readSealedBlob } from '../blobs/record.ts';
import type { Row } from '../catalog/statements.ts';

/** Bytes from which on a start makes the file of changes smaller: some 150,000 deletes. */
const WORTH_BYTES = 16 * 1024 * 1024;

/**
 * Drops the changes that nothing on disk can undo any more, where the file is worth it: after `reconcile`, every blob
 * on disk is one that the index knows. Only copies use bytes of other objects, whose ends must stay written down.
 */
export async function compactChanges(options: { db: DatabaseSync; blobs: Blobs; changes: string }): Promise<void> {
  const { db, blobs, changes } = options;
  if ((statSync(changes, { throwIfNoEntry: false })?.size ?? 0) < WORTH_BYTES) return;
  // What was removed must not come back once its delete is forgotten.
  for (const folder of blobFolders()) await blobs.syncFolder(folder);
  const { groups } = readChanges(changes);
  const last = groups.at(-1);
  if (last === undefined) return;
  const shared = sharedBytes(db, blobs);
  const kept = groups
    .flatMap((group) => group.changes)
    .filter(
      (change) =>
        (change.type === 'delete' && shared.places.has(`${change.bucket}/${change.key}`)) ||
        (change.type === 'upload-ended' && shared.uploads.has(change.uploadId)),
    );
  replaceChanges(changes, { number: last.number, changes: [...bucketsOf(db), ...kept] });
}

/** Of which keys and uploads the bytes are that copies use. */
function sharedBytes(db: DatabaseSync, blobs: Blobs): { places: Set<string>; uploads: Set<string> } {
  const places = new Set<string>();
  const uploads = new Set<string>();
  const rows = db
    .prepare(
      `SELECT DISTINCT blob FROM segment JOIN object ON object.id = object_id
       WHERE manifest IS NOT NULL AND upload_id IS NULL`,
    )
    .all() as Row[];
  for (const { blob } of rows) {
    try {
      const record = readSealedBlob(blobs.path(String(blob)))?.record;
      if (record?.kind === 'part') uploads.add(record.uploadId);
      if (record?.kind === 'object') places.add(`${record.bucket}/${record.key}`);
    } catch {
      // A blob that is gone can't come back as anything else.
    }
  }
  return { places, uploads };
}

/** The buckets as they are, as changes that make them. */
export const bucketsOf = (db: DatabaseSync): Change[] =>
  (db.prepare('SELECT * FROM bucket').all() as Row[]).map(({ name, created_at, cors }) => ({
    type: 'bucket',
    name: String(name),
    createdAt: Number(created_at),
    cors: cors === null ? undefined : String(cors),
  }));
