import { DatabaseSync } from 'node:sqlite';
import { ownFile } from '../blobs/private.ts';
import { checkSoundness, UnsoundIndexError } from './soundness.ts';
import { noteSchema, registerSums, SUMMED_TABLES, sumAnew, versionOf } from './summed.ts';

// Keys are BLOBs of UTF-8: their order is S3's listing order, and they may contain any character.
// Times are milliseconds since 1970. `blob` names a file of the blob folder; an object without bytes has no segment.
const SCHEMA = `
CREATE TABLE bucket (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  cors TEXT
) STRICT;

CREATE TABLE object (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bucket_id INTEGER NOT NULL REFERENCES bucket,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_at INTEGER NOT NULL,
  headers TEXT NOT NULL,
  checksum TEXT,
  UNIQUE (bucket_id, key)
) STRICT;

CREATE TABLE segment (
  object_id INTEGER NOT NULL REFERENCES object ON DELETE CASCADE,
  start INTEGER NOT NULL,
  size INTEGER NOT NULL,
  blob TEXT NOT NULL,
  PRIMARY KEY (object_id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_by_blob ON segment (blob);

CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  bucket_id INTEGER NOT NULL REFERENCES bucket,
  key BLOB NOT NULL,
  initiated_at INTEGER NOT NULL,
  headers TEXT NOT NULL,
  checksum_algorithm TEXT,
  checksum_type TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_by_key ON upload (bucket_id, key, id);

CREATE TABLE part (
  upload_id TEXT NOT NULL REFERENCES upload ON DELETE CASCADE,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_at INTEGER NOT NULL,
  checksum TEXT,
  blob TEXT,
  PRIMARY KEY (upload_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_by_blob ON part (blob);

CREATE TABLE completion (
  upload_id TEXT PRIMARY KEY,
  bucket_id INTEGER NOT NULL REFERENCES bucket ON DELETE CASCADE,
  key BLOB NOT NULL,
  etag TEXT NOT NULL,
  checksum TEXT,
  completed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX completion_by_time ON completion (completed_at);
`;

// `md5` in hex is that of the part whose bytes the segment is; an object by one PUT has it as its ETag. NULL in objects
// that were completed before this step: the first scrub fills it in. `damage` has the blobs that were found not to
// hold what was stored, until they are found whole again. `scrub` has one row: how far the scrub of all blobs is.
const STORED_BYTES_CHECKED = `
ALTER TABLE segment ADD COLUMN md5 TEXT;

CREATE TABLE damage (
  blob TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE scrub (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  after_blob TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
`;

// `sequence` is the order of writes, 0 in rows whose blobs are not sealed yet. `manifest` names the blob that says of
// which others the object is made. `row_sum` is what `summed.ts` says.
const SEALED_BLOBS = `
ALTER TABLE object ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN manifest TEXT;
ALTER TABLE object ADD COLUMN upload_id TEXT;
ALTER TABLE object ADD COLUMN row_sum INTEGER;
CREATE INDEX object_by_manifest ON object (manifest) WHERE manifest IS NOT NULL;
CREATE INDEX object_by_upload ON object (upload_id) WHERE upload_id IS NOT NULL;
ALTER TABLE part ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;

CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO state SELECT 'sequence_limit', coalesce(max(id), 0) + 1 FROM object;
INSERT INTO state VALUES ('last_change', 0);
`;

// From here on every row has a sum, and so has the schema.
const ROW_SUMS = [
  ...SUMMED_TABLES.filter((table) => table !== 'object').map(
    (table) => `ALTER TABLE ${table} ADD COLUMN row_sum INTEGER;`,
  ),
  ...SUMMED_TABLES.map((table) => `${sumAnew(table, 'TRUE')};`),
].join('\n');

/** One for each version of the schema, kept in `PRAGMA user_version`: what leads to it from the version before. */
const STEPS = [SCHEMA, STORED_BYTES_CHECKED, SEALED_BLOBS, ROW_SUMS];

/**
 * Opens the index for writing and brings its schema up to date.
 * @throws when a newer program wrote it, and UnsoundIndexError where `check` finds it damaged, or where it is empty and
 * must not be
 */
export function openIndex(path: string, { check, mayBeNew }: { check: boolean; mayBeNew: boolean }): DatabaseSync {
  // Made here, for SQLite would make it for others to read.
  if (mayBeNew) ownFile(path);
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 10_000 });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;');
    if (!mayBeNew && versionOf(db) === 0) throw new UnsoundIndexError('index.sqlite is empty');
    registerSums(db);
    if (check) checkIndex(db);
    migrate(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @throws {UnsoundIndexError} */
export const checkIndex = (db: DatabaseSync): void => checkSoundness(db, { newest: STEPS.length });

function migrate(db: DatabaseSync, path: string): void {
  const version = versionOf(db);
  if (version > STEPS.length) {
    throw new Error(
      `${path} was written by a newer version (schema ${version}, this one knows ${STEPS.length}): upgrade first`,
    );
  }
  if (version === STEPS.length) return;
  db.exec('BEGIN IMMEDIATE');
  for (const [position, step] of [...STEPS.entries()].slice(version)) {
    db.exec(`${step} PRAGMA user_version = ${position + 1};`);
  }
  noteSchema(db);
  db.exec('COMMIT');
}
