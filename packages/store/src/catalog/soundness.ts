import type { DatabaseSync } from 'node:sqlite';
import { FIRST_WITH_ALL_SUMS, isSchemaAsWritten, notAsWritten, SUMMED_TABLES, versionOf } from './summed.ts';

/** The index is damaged, or older than the blobs. */
export class UnsoundIndexError extends Error {
  override readonly name = 'UnsoundIndexError';
}

/** SQLite's result codes, https://sqlite.org/rescode.html */
const SQLITE_ERROR = 1;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_SHMSIZE = 4874;

/**
 * Reads all of the index; of one of a newer schema than `newest` only whether it is that.
 * @throws {UnsoundIndexError}
 */
export function checkSoundness(db: DatabaseSync, { newest }: { newest: number }): void {
  try {
    const [first] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
    if (first?.integrity_check === 'ok' && areSumsRight(db, newest)) return;
  } catch (error) {
    // SQLite has no name for a schema whose text has changed so that statements do not fit it.
    if ((error as { errcode?: number }).errcode !== SQLITE_ERROR) throw error;
  }
  throw new UnsoundIndexError('index.sqlite is damaged');
}

function areSumsRight(db: DatabaseSync, newest: number): boolean {
  const version = versionOf(db);
  if (version < FIRST_WITH_ALL_SUMS) {
    const hasSums = db.prepare("SELECT 1 FROM pragma_table_info('object') WHERE name = 'row_sum'").get();
    return !hasSums || !db.prepare(notAsWritten('object', 'row_sum IS NOT NULL')).get();
  }
  if (!isSchemaAsWritten(db)) return false;
  return version > newest || SUMMED_TABLES.every((table) => !db.prepare(notAsWritten(table, 'TRUE')).get());
}

export const isFull = (error: unknown): boolean => {
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  return errcode !== undefined && ((errcode & 0xff) === SQLITE_FULL || errcode === SQLITE_IOERR_SHMSIZE);
};

export const isDamage = (error: unknown): boolean => {
  if (error instanceof UnsoundIndexError) return true;
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(errcode & 0xff);
};
