import { DatabaseSync } from 'node:sqlite';
import { S3Error } from '@darkslide/s3wire';
import {
  type Bucket,
  type DamageReason,
  keyBytes,
  keyText,
  type ObjectName,
  type Part,
  type ScrubState,
  type Segment,
  type StoredBlob,
  type StoredChecksum,
  type StoredObject,
  type Upload,
} from './rows.ts';
import { type Row, Statements } from './statements.ts';

/** A place in the listing order: from `key` itself, or from what comes after it. */
export type KeyBound = { key: Uint8Array; inclusive: boolean };

/** A finished upload, as remembered for repeated Completes. */
export type Completion = { key: string; bucketId: number; etag: string; checksum: StoredChecksum | undefined };

/** Answers questions about what is committed. Synchronous: each answer is of one moment. */
export class IndexReader {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
    this.#db.exec('PRAGMA cache_size = -4096');
    this.#sql = new Statements(this.#db);
  }

  close(): void {
    this.#db.close();
  }

  buckets(): Bucket[] {
    return this.#sql.all('SELECT * FROM bucket ORDER BY name').map(bucketOf);
  }

  /** Throws NoSuchBucket. */
  bucket(name: string): Bucket {
    const row = this.#sql.get('SELECT * FROM bucket WHERE name = ?', name);
    if (row === undefined) throw new S3Error('NoSuchBucket', { details: { BucketName: name } });
    return bucketOf(row);
  }

  findObject(bucketId: number, key: string): StoredObject | undefined {
    const row = this.#sql.get('SELECT * FROM object WHERE bucket_id = ? AND key = ?', bucketId, keyBytes(key));
    return row === undefined ? undefined : this.#marked([objectOf(row)])[0];
  }

  /** Throws NoSuchKey. */
  object(bucketId: number, key: string): StoredObject {
    const object = this.findObject(bucketId, key);
    if (object === undefined) throw new S3Error('NoSuchKey', { details: { Key: key } });
    return object;
  }

  /** The segments that hold any byte of [from, to), in order. */
  segments(objectId: number, from: number, to: number): Segment[] {
    const rows = this.#sql.all(
      `SELECT start, segment.size, blob, ${MD5} AS md5 FROM segment JOIN object ON object.id = object_id
       WHERE object_id = ? AND start < ? AND start + segment.size > ? ORDER BY start`,
      objectId,
      to,
      from,
    );
    return rows.map((row) => ({ start: Number(row.start), ...blobOf(row) }));
  }

  /** Objects in key order from `after` on, all below `end` where that is given. */
  objectsFrom(bucketId: number, after: KeyBound, end: Uint8Array | undefined, limit: number): StoredObject[] {
    const lower = after.inclusive ? 'key >= ?' : 'key > ?';
    const rows =
      end === undefined
        ? this.#sql.all(
            `SELECT * FROM object WHERE bucket_id = ? AND ${lower} ORDER BY key LIMIT ?`,
            bucketId,
            after.key,
            limit,
          )
        : this.#sql.all(
            `SELECT * FROM object WHERE bucket_id = ? AND ${lower} AND key < ? ORDER BY key LIMIT ?`,
            bucketId,
            after.key,
            end,
            limit,
          );
    return this.#marked(rows.map(objectOf));
  }

  /** Throws NoSuchUpload, also where the upload is of another bucket or key. */
  upload(bucketId: number, key: string, uploadId: string): Upload {
    const row = this.#sql.get('SELECT * FROM upload WHERE id = ? AND bucket_id = ?', uploadId, bucketId);
    const upload = row === undefined ? undefined : uploadOf(row);
    if (upload === undefined || upload.key !== key) {
      throw new S3Error('NoSuchUpload', { details: { UploadId: uploadId } });
    }
    return upload;
  }

  /** Uploads in order of key and id, from those of `after` on; with `uploadId`, from the one behind it. */
  uploadsFrom(
    bucketId: number,
    after: KeyBound & { uploadId: string | undefined },
    end: Uint8Array | undefined,
    limit: number,
  ): Upload[] {
    const lower = after.uploadId !== undefined ? '(key, id) > (?, ?)' : after.inclusive ? 'key >= ?' : 'key > ?';
    const values = after.uploadId !== undefined ? [after.key, after.uploadId] : [after.key];
    const rows =
      end === undefined
        ? this.#sql.all(
            `SELECT * FROM upload WHERE bucket_id = ? AND ${lower} ORDER BY key, id LIMIT ?`,
            bucketId,
            ...values,
            limit,
          )
        : this.#sql.all(
            `SELECT * FROM upload WHERE bucket_id = ? AND ${lower} AND key < ? ORDER BY key, id LIMIT ?`,
            bucketId,
            ...values,
            end,
            limit,
          );
    return rows.map(uploadOf);
  }

  parts(uploadId: string, afterNumber: number, limit: number): Part[] {
    const rows = this.#sql.all(
      // A damaged part counts as one that has not arrived, so that it is sent again.
      `SELECT * FROM part WHERE upload_id = ? AND number > ? AND NOT EXISTS
       (SELECT 1 FROM damage WHERE damage.blob = part.blob) ORDER BY number LIMIT ?`,
      uploadId,
      afterNumber,
      limit,
    );
    return rows.map(partOf);
  }

  completion(uploadId: string): Completion | undefined {
    const row = this.#sql.get('SELECT * FROM completion WHERE upload_id = ?', uploadId);
    if (row === undefined) return undefined;
    return {
      key: keyText(row.key as Uint8Array),
      bucketId: Number(row.bucket_id),
      etag: String(row.etag),
      checksum: checksumOf(row.checksum),
    };
  }

  /** Whether any object or part refers to the blob. */
  knowsBlob(blob: string): boolean {
    return (
      this.#sql.get('SELECT 1 FROM segment WHERE blob = ? LIMIT 1', blob) !== undefined ||
      this.#sql.get('SELECT 1 FROM part WHERE blob = ? LIMIT 1', blob) !== undefined
    );
  }

  /** The blobs that objects (`segment`) or open uploads (`part`) refer to, by name, behind `after`. */
  blobsAfter(table: 'segment' | 'part', after: string, limit: number): string[] {
    const rows = this.#sql.all(`SELECT DISTINCT blob FROM ${table} WHERE blob > ? ORDER BY blob LIMIT ?`, after, limit);
    return rows.map((row) => String(row.blob));
  }

  /** What blobs must hold, by name, behind `after`: those of objects and of open uploads, each once. */
  storedBlobs(after: string, limit: number): StoredBlob[] {
    const rows = this.#sql.all(
      `SELECT blob, size, MAX(md5) AS md5 FROM (
         SELECT blob, segment.size, ${MD5} AS md5 FROM segment JOIN object ON object.id = object_id
         WHERE blob IN (SELECT DISTINCT blob FROM segment WHERE blob > ? ORDER BY blob LIMIT ?)
         UNION ALL
         SELECT blob, size, etag FROM part
         WHERE blob IN (SELECT DISTINCT blob FROM part WHERE blob > ? ORDER BY blob LIMIT ?)
       ) GROUP BY blob ORDER BY blob LIMIT ?`,
      after,
      limit,
      after,
      limit,
      limit,
    );
    return rows.map(blobOf);
  }

  /** Bytes of all blobs. Goes through the whole index. */
  storedBytes(): number {
    const row = this.#sql.get(
      `SELECT coalesce(sum(size), 0) AS bytes FROM (
         SELECT max(size) AS size FROM segment GROUP BY blob
         UNION ALL SELECT size FROM part WHERE blob IS NOT NULL
       )`,
    );
    return Number(row?.bytes);
  }

  /** What one blob must hold; undefined where nothing refers to it. */
  storedBlob(blob: string): StoredBlob | undefined {
    const row =
      this.#sql.get(
        `SELECT blob, segment.size, ${MD5} AS md5 FROM segment JOIN object ON object.id = object_id
         WHERE blob = ? ORDER BY md5 IS NULL LIMIT 1`,
        blob,
      ) ?? this.#sql.get('SELECT blob, size, etag AS md5 FROM part WHERE blob = ? LIMIT 1', blob);
    return row === undefined ? undefined : blobOf(row);
  }

  /** An object that the blob is part of, whose parts' MD5s the index does not have. */
  objectWithoutMd5s(blob: string): { objectId: number; etag: string } | undefined {
    const row = this.#sql.get(
      `SELECT object.id, etag FROM segment JOIN object ON object.id = object_id
       WHERE blob = ? AND ${MD5} IS NULL LIMIT 1`,
      blob,
    );
    return row === undefined ? undefined : { objectId: Number(row.id), etag: String(row.etag) };
  }

  /** What was found wrong with the blob, and is not known to be right again. */
  damageOf(blob: string): DamageReason | undefined {
    const row = this.#sql.get('SELECT reason FROM damage WHERE blob = ?', blob);
    return row === undefined ? undefined : (String(row.reason) as DamageReason);
  }

  /** Every blob that was found damaged. */
  damagedBlobs(): string[] {
    return this.#sql.all('SELECT blob FROM damage ORDER BY blob').map((row) => String(row.blob));
  }

  countDamagedObjects(): number {
    const row = this.#sql.get(
      'SELECT COUNT(DISTINCT object_id) AS count FROM damage CROSS JOIN segment ON segment.blob = damage.blob',
    );
    return Number(row?.count);
  }

  damagedObjects(limit: number): (ObjectName & { reason: DamageReason })[] {
    const rows = this.#sql.all(
      `SELECT bucket.name, object.key, MIN(damage.reason) AS reason FROM damage
       CROSS JOIN segment ON segment.blob = damage.blob
       JOIN object ON object.id = object_id JOIN bucket ON bucket.id = bucket_id
       GROUP BY object.id ORDER BY bucket.name, object.key LIMIT ?`,
      limit,
    );
    return rows.map(({ name, key, reason }) => ({
      bucket: String(name),
      key: keyText(key as Uint8Array),
      reason: String(reason) as DamageReason,
    }));
  }

  scrubState(): ScrubState | undefined {
    const row = this.#sql.get('SELECT * FROM scrub WHERE id = 1');
    if (row === undefined) return undefined;
    const { after_blob, started_at, finished_at } = row;
    return {
      after: String(after_blob),
      startedAt: Number(started_at),
      finishedAt: finished_at === null ? undefined : Number(finished_at),
    };
  }

  /** Says which of them are damaged. Where none is, as most often, that costs one question. */
  #marked(objects: StoredObject[]): StoredObject[] {
    if (this.#sql.get('SELECT 1 FROM damage LIMIT 1') === undefined) return objects;
    return objects.map((object) => {
      const found = this.#sql.get(
        'SELECT 1 FROM segment JOIN damage ON damage.blob = segment.blob WHERE object_id = ? LIMIT 1',
        object.id,
      );
      return { ...object, damaged: found !== undefined };
    });
  }
}

/** Of a segment of an object: an ETag without parts is the MD5 of the one segment. */
const MD5 = "COALESCE(segment.md5, CASE WHEN object.etag NOT LIKE '%-%' THEN object.etag END)";

const blobOf = (row: Row): StoredBlob => ({
  blob: String(row.blob),
  size: Number(row.size),
  md5: optional(row.md5, text),
});

const optional = <T>(value: unknown, map: (value: string) => T): T | undefined =>
  typeof value === 'string' ? map(value) : undefined;

const text = (value: string) => value;

const checksumOf = (value: unknown): StoredChecksum | undefined =>
  optional(value, (json) => JSON.parse(json) as StoredChecksum);

function bucketOf(row: Row): Bucket {
  return {
    id: Number(row.id),
    name: String(row.name),
    createdAt: Number(row.created_at),
    cors: optional(row.cors, text),
  };
}

function objectOf(row: Row): StoredObject {
  return {
    id: Number(row.id),
    key: keyText(row.key as Uint8Array),
    size: Number(row.size),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    headers: JSON.parse(String(row.headers)),
    checksum: checksumOf(row.checksum),
    damaged: false,
  };
}

function uploadOf(row: Row): Upload {
  return {
    id: String(row.id),
    bucketId: Number(row.bucket_id),
    key: keyText(row.key as Uint8Array),
    initiatedAt: Number(row.initiated_at),
    headers: JSON.parse(String(row.headers)),
    checksumAlgorithm: optional(row.checksum_algorithm, text) as Upload['checksumAlgorithm'],
    checksumType: optional(row.checksum_type, text) as Upload['checksumType'],
  };
}

function partOf(row: Row): Part {
  return {
    number: Number(row.number),
    size: Number(row.size),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    checksum: optional(row.checksum, text),
    blob: optional(row.blob, text),
  };
}
