import { DatabaseSync } from 'node:sqlite';
import { S3Error } from '@darkslide/s3wire';
import {
  type Bucket,
  keyBytes,
  keyText,
  type Part,
  type Segment,
  type StoredChecksum,
  type StoredObject,
  type Upload,
} from './rows.ts';
import { Statements } from './statements.ts';

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
    return row === undefined ? undefined : objectOf(row);
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
      'SELECT start, size, blob FROM segment WHERE object_id = ? AND start < ? AND start + size > ? ORDER BY start',
      objectId,
      to,
      from,
    );
    return rows.map((row) => ({ start: Number(row.start), size: Number(row.size), blob: String(row.blob) }));
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
    return rows.map(objectOf);
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
      'SELECT * FROM part WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?',
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
}

type Row = Record<string, unknown>;

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
