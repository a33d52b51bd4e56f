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
