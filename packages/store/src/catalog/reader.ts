import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
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
} from '../model.ts';
import { blobOf, bucketOf, checksumOf, objectOf, partOf, segmentOf, uploadOf } from './row-mapping.ts';
import { Statements } from './statements.ts';

/** A place in the listing order: from `key` itself, or from what comes after it. */
export type KeyBound = { key: Uint8Array; inclusive: boolean };

/** A finished upload, as remembered for repeated Completes. */
export type Completion = { key: string; bucketId: number; etag: string; checksum: StoredChecksum | undefined };

/** Of a segment of an object: an ETag without parts is the MD5 of the one segment. */
const MD5 = "COALESCE(segment.md5, CASE WHEN object.etag NOT LIKE '%-%' THEN object.etag END)";

/** A manifest has no bytes but its trailer. */
const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';

/** Reads what is committed. Synchronous, so that each result is of one moment. */
export class IndexReader {
  readonly path: string;
  #db: DatabaseSync | undefined;
  #statements: Statements | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** For reading beside the writer. */
  open(): void {
    this.#use(new DatabaseSync(this.path, { readOnly: true, timeout: 10_000 }));
  }

  /**
   * For reading where no writer can be, as the disk is full: what readers and writers share is a file that may not
   * have room, so this keeps it in memory and everyone else out.
   */
  openAlone(): void {
    this.close();
    const db = new DatabaseSync(this.path, { timeout: 1000 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.prepare('SELECT 1 FROM bucket LIMIT 1').get();
    this.#use(db);
  }

  /** For reading, after `openAlone`, what will not change while a writer is being opened. */
  openFrozen(): void {
    this.close();
    const url = pathToFileURL(this.path);
    url.search = 'immutable=1';
    this.#use(new DatabaseSync(url, { readOnly: true }));
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
    this.#statements = undefined;
  }

  #use(db: DatabaseSync): void {
    this.close();
    db.exec('PRAGMA cache_size = -4096');
    this.#db = db;
    this.#statements = new Statements(db);
  }

  get #sql(): Statements {
    if (this.#statements === undefined) throw new Error('the index is not open');
    return this.#statements;
  }

  buckets(): Bucket[] {
    return this.#sql.all('SELECT * FROM bucket ORDER BY name').map(bucketOf);
  }

  /** @throws {S3Error} NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.findBucket(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { details: { BucketName: name } });
    return bucket;
  }

  findObject(bucketId: number, key: string): StoredObject | undefined {
    const row = this.#sql.get('SELECT * FROM object WHERE bucket_id = ? AND key = ?', bucketId, keyBytes(key));
    return row === undefined ? undefined : this.#marked([objectOf(row)])[0];
  }

  /** @throws {S3Error} NoSuchKey */
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
    return rows.map(segmentOf);
  }

  /** All segments, those without a byte too. */
  segmentsOf(objectId: number): Segment[] {
    const rows = this.#sql.all(
      `SELECT start, segment.size, blob, ${MD5} AS md5 FROM segment JOIN object ON object.id = object_id
       WHERE object_id = ? ORDER BY start`,
      objectId,
    );
    return rows.map(segmentOf);
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

  /** @throws {S3Error} NoSuchUpload, also where the upload is of another bucket or key */
  upload(bucketId: number, key: string, uploadId: string): Upload {
    const row = this.#sql.get('SELECT * FROM upload WHERE id = ? AND bucket_id = ?', uploadId, bucketId);
    const upload = row === undefined ? undefined : uploadOf(row);
    if (upload === undefined || upload.key !== key) {
      throw new S3Error('NoSuchUpload', { details: { UploadId: uploadId } });
    }
    return upload;
  }

  /** Uploads in order of key and id, from those of `after` on; with `uploadId`, from the one after it. */
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

  /** The blobs of a folder that objects, manifests included, or open uploads refer to. */
  blobsIn(folder: string): Set<string> {
    const [from, to] = [`${folder}/`, `${folder}0`];
    const rows = this.#sql.all(
      `SELECT blob FROM segment WHERE blob >= ? AND blob < ?
       UNION ALL SELECT blob FROM part WHERE blob >= ? AND blob < ?
       UNION ALL SELECT manifest FROM object WHERE manifest >= ? AND manifest < ?`,
      ...[from, to, from, to, from, to],
    );
    return new Set(rows.map(({ blob }) => String(blob)));
  }

  /** The objects and the parts of open uploads that need the blob, by bucket and key. */
  usersOf(blob: string): { bucket: string; key: string }[] {
    const rows = this.#sql.all(
      `SELECT bucket.name, object.key FROM segment JOIN object ON object.id = segment.object_id
       JOIN bucket ON bucket.id = object.bucket_id WHERE segment.blob = ?
       UNION SELECT bucket.name, upload.key FROM part JOIN upload ON upload.id = part.upload_id
       JOIN bucket ON bucket.id = upload.bucket_id WHERE part.blob = ?
       UNION SELECT bucket.name, object.key FROM object JOIN bucket ON bucket.id = bucket_id WHERE manifest = ?`,
      ...[blob, blob, blob],
    );
    return rows.map((row) => ({ bucket: String(row.name), key: keyText(row.key as Uint8Array) }));
  }

  findBucket(name: string): Bucket | undefined {
    const row = this.#sql.get('SELECT * FROM bucket WHERE name = ?', name);
    return row === undefined ? undefined : bucketOf(row);
  }

  /** Whether an object is known to have come of the upload. */
  isCompleted(uploadId: string): boolean {
    return (
      this.completion(uploadId) !== undefined ||
      this.#sql.get('SELECT 1 FROM object WHERE upload_id = ? LIMIT 1', uploadId) !== undefined
    );
  }

  /** The sequence number of an open upload's part: 0 where the part is not there, undefined where the upload is not. */
  partSequence(uploadId: string, number: number): number | undefined {
    if (this.#sql.get('SELECT 1 FROM upload WHERE id = ?', uploadId) === undefined) return undefined;
    const row = this.#sql.get('SELECT sequence FROM part WHERE upload_id = ? AND number = ?', uploadId, number);
    return Number(row?.sequence ?? 0);
  }

  /** The runs that wrote to this index, the oldest first. */
  runs(): string[] {
    return this.#sql.all('SELECT id FROM run ORDER BY number').map(({ id }) => String(id));
  }

  /** What blobs must hold, by name, after `after`: those of objects and of open uploads, each once. */
  storedBlobs(after: string, limit: number): StoredBlob[] {
    const rows = this.#sql.all(
      `SELECT blob, size, MAX(md5) AS md5 FROM (
         SELECT blob, segment.size, ${MD5} AS md5 FROM segment JOIN object ON object.id = object_id
         WHERE blob IN (SELECT DISTINCT blob FROM segment WHERE blob > ? ORDER BY blob LIMIT ?)
         UNION ALL
         SELECT blob, size, etag FROM part
         WHERE blob IN (SELECT DISTINCT blob FROM part WHERE blob > ? ORDER BY blob LIMIT ?)
         UNION ALL
         SELECT * FROM (SELECT manifest, 0, '${MD5_OF_NOTHING}' FROM object WHERE manifest > ? ORDER BY manifest LIMIT ?)
       ) GROUP BY blob ORDER BY blob LIMIT ?`,
      after,
      limit,
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
      ) ??
      this.#sql.get('SELECT blob, size, etag AS md5 FROM part WHERE blob = ? LIMIT 1', blob) ??
      this.#sql.get(
        `SELECT manifest AS blob, 0 AS size, '${MD5_OF_NOTHING}' AS md5 FROM object WHERE manifest = ?`,
        blob,
      );
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
