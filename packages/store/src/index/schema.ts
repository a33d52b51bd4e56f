import { DatabaseSync } from 'node:sqlite';

/** The newest schema this code writes; kept in `PRAGMA user_version`. */
const SCHEMA_VERSION = 1;

// Keys are BLOBs of UTF-8: their order is S3's listing order, and any character may stand in them.
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

/** Opens the index for writing and brings its schema up to date. Throws when a newer program wrote it. */
export function openIndex(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 10_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;');
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    db.close();
    throw new Error(
      `${path} was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade first`,
    );
  }
  if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
  return db;
}
