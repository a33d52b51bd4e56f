import type { DatabaseSync } from 'node:sqlite';
import { type Change, readChanges } from '../blobs/changes.ts';
import { Commands } from './commands.ts';
import { Refusal } from './refusal.ts';
import { UnsoundIndexError } from './soundness.ts';
import { setState, stateOf } from './summed.ts';

/** Sequence numbers that are set aside at once; all that were given are below the index's limit. */
const SEQUENCE_BLOCK = 2 ** 24;

export type Begun = { firstSequence: number; sequenceLimit: number; lastChange: number; lastObjectId: number };

/**
 * Notes in the index which run begins, and carries out the deletes of a transaction that was written to the file of
 * changes and not committed any more.
 * @throws {UnsoundIndexError} where the file knows of more than one
 */
export function beginRun(db: DatabaseSync, { run, changes }: { run: string; changes: string }): Begun {
  db.exec('BEGIN IMMEDIATE');
  try {
    const firstSequence = stateOf(db, 'sequence_limit');
    const sequenceLimit = reserveSequences(db, firstSequence);
    db.prepare('INSERT OR IGNORE INTO run (id) VALUES (?)').run(run);
    const lastChange = rollForward(db, changes);
    const lastObjectId = objectCounter(db);
    db.exec('COMMIT');
    return { firstSequence, sequenceLimit, lastChange, lastObjectId };
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Sets aside numbers from `next` on, inside the caller's transaction. Returns the first that is not. */
export function reserveSequences(db: DatabaseSync, next: number): number {
  const limit = next + SEQUENCE_BLOCK;
  setState(db, 'sequence_limit', limit);
  return limit;
}

/** Whether so few numbers are left that more should be set aside. */
export const isNearLimit = (sequence: number, limit: number) => limit - sequence < SEQUENCE_BLOCK / 2;

export const objectCounter = (db: DatabaseSync): number =>
  Number(
    (db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'object'").get() as { seq: number } | undefined)?.seq ??
      0,
  );

function rollForward(db: DatabaseSync, path: string): number {
  const known = stateOf(db, 'last_change');
  const newer = readChanges(path).groups.filter(({ number }) => number > known);
  const [group, ...more] = newer;
  if (group === undefined) return known;
  if (more.length > 0 || group.number !== known + 1) {
    throw new UnsoundIndexError('index.sqlite is older than the changes that were made to the store');
  }
  const commands = new Commands(db);
  for (const change of group.changes) applyChange({ db, commands, change });
  setState(db, 'last_change', group.number);
  return group.number;
}

/** Applies a recorded change to the index. A change that the index already has is not an error. */
export function applyChange({ db, commands, change }: { db: DatabaseSync; commands: Commands; change: Change }): void {
  const idOf = (name: string) =>
    Number((db.prepare('SELECT id FROM bucket WHERE name = ?').get(name) as { id: number } | undefined)?.id ?? -1);
  try {
    if (change.type === 'delete') {
      const objects = [{ key: Buffer.from(change.key), condition: {} }];
      commands.execute({ type: 'deleteObjects', bucketId: idOf(change.bucket), objects, sequence: change.sequence });
    } else if (change.type === 'upload-ended' && change.aborted) {
      commands.execute({ type: 'abortUpload', uploadId: change.uploadId });
    } else if (change.type === 'bucket') {
      commands.execute({ type: 'createBucket', name: change.name, now: change.createdAt });
      if (change.cors) commands.execute({ type: 'setCors', bucketId: idOf(change.name), cors: change.cors });
    } else if (change.type === 'cors') {
      commands.execute({ type: 'setCors', bucketId: idOf(change.bucket), cors: change.cors });
    } else if (change.type === 'bucket-deleted') {
      commands.execute({ type: 'deleteBucket', bucketId: idOf(change.name), sequence: change.sequence });
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
