import type { DatabaseSync } from 'node:sqlite';
import { rowSum } from '../model.ts';

/** The index does not tell the truth any more, or tells of an earlier time than the blobs. */
export class UnsoundIndexError extends Error {}

/** SQLite's result codes, https://sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_SHMSIZE = 4874;

/** Throws UnsoundIndexError. Reads all of the index. */
export function checkSoundness(db: DatabaseSync): void {
  const [first] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
  if (first?.integrity_check !== 'ok') throw new UnsoundIndexError('index.sqlite is damaged');
  const columns = db.prepare("SELECT 1 FROM pragma_table_info('object') WHERE name = 'row_sum'").all();
  // Earlier schemas had no sums.
  if (columns.length === 0) return;
  const rows = db.prepare(
    `SELECT row_sum, bucket_id, key, size, etag, modified_at, headers, checksum, sequence, manifest, upload_id
     FROM object WHERE row_sum IS NOT NULL`,
  );
  rows.setReturnArrays(true);
  for (const row of rows.iterate() as unknown as Iterable<unknown[]>) {
    const [sum, ...values] = row;
    if (rowSum(values) !== sum) throw new UnsoundIndexError('index.sqlite is damaged');
  }
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
