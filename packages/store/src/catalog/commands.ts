import type { DatabaseSync } from 'node:sqlite';
import type { Change, CompletedUpload } from '../blobs/changes.ts';
import type { ManifestRecord } from '../blobs/record.ts';
import { keyBytes, type Segment, type StoredChecksum, type StoredHeaders } from '../model.ts';
import type { At, Command, Outcome } from './command.ts';
import { checkCondition, type DeleteCondition, meets, type WriteCondition } from './conditions.ts';
import { addDamage, learnMd5s, removeDamage, saveScrub } from './damage-rows.ts';
import { Refusal } from './refusal.ts';
import { type Row, Statements } from './statements.ts';
import { insertSummed, sumAnew } from './summed.ts';
import { Tombstones } from './tombstones.ts';

/** How long a finished upload is remembered, so that a repeated Complete gets the same response. */
const COMPLETIONS_KEPT_MS = 7 * 24 * 3600 * 1000;

/** Carries commands out inside the caller's transaction. After a Refusal the caller undoes what was begun. */
export class Commands {
  readonly #sql: Statements;
  readonly #tombstones = new Tombstones();
  #changes: Change[] = [];

  constructor(db: DatabaseSync) {
    this.#sql = new Statements(db);
  }

  /** Changes of the transaction that no blob records: they must be on disk before the transaction. */
  get changes(): Change[] {
    return this.#changes;
  }

  /** The transaction has ended, well or not. */
  end({ committed }: { committed: boolean }): void {
    this.#changes = [];
    this.#tombstones.end({ committed });
  }

  /** Forgets the changes that a refused command wanted, and records that its blob is not used. */
  refuse(command: Command, { changesBefore }: { changesBefore: number }): void {
    this.#changes.length = changesBefore;
    const blob = 'bytes' in command ? command.bytes.blob : 'manifest' in command ? command.manifest : undefined;
    if (blob !== undefined) this.#changes.push({ type: 'void', blob });
  }

  /** No write below that sequence number will come any more. */
  forgetDeletesBefore(sequence: number): void {
    this.#tombstones.forgetBefore(sequence);
  }

  execute(command: Command): Outcome {
    const outcome = this.#carryOut(command);
    for (const blob of outcome.freed) this.#sql.run('DELETE FROM damage WHERE blob = ?', blob);
    return outcome;
  }

  #carryOut(command: Command): Outcome {
    switch (command.type) {
      case 'createBucket':
        return this.#createBucket(command);
      case 'deleteBucket':
        return this.#deleteBucket(command);
      case 'setCors':
        return this.#setCors(command);
      case 'putObject':
        return this.#putObject(command);
      case 'copyObject':
        return this.#copyObject(command);
      case 'deleteObjects':
        return this.#deleteObjects(command);
      case 'createUpload':
        return this.#createUpload(command);
      case 'putPart':
        return this.#putPart(command);
      case 'completeUpload':
        return this.#completeUpload(command);
      case 'abortUpload':
        return this.#abortUpload(command);
      case 'addDamage':
        return { freed: [], changed: addDamage(this.#sql, command) };
      case 'removeDamage':
        return { freed: [], changed: removeDamage(this.#sql, command) };
      case 'learnMd5s':
        learnMd5s(this.#sql, command);
        return { freed: [] };
      case 'saveScrub':
        saveScrub(this.#sql, command.state);
        return { freed: [] };
    }
  }

  #createBucket({ name, now }: Extract<Command, { type: 'createBucket' }>): Outcome {
    if (this.#sql.get('SELECT 1 FROM bucket WHERE name = ?', name)) throw new Refusal('BucketAlreadyOwnedByYou');
    insertSummed(this.#sql, 'bucket', { name, created_at: now });
    this.#changes.push({ type: 'bucket', name, createdAt: now });
    return { freed: [] };
  }

  #setCors({ bucketId, cors }: Extract<Command, { type: 'setCors' }>): Outcome {
    const bucket = this.#bucketName(bucketId);
    this.#sql.run('UPDATE bucket SET cors = ? WHERE id = ?', cors ?? null, bucketId);
    this.#sql.run(sumAnew('bucket', 'id = ?'), bucketId);
    this.#changes.push({ type: 'cors', bucket, cors });
    return { freed: [] };
  }

  #deleteBucket({ bucketId, sequence }: Extract<Command, { type: 'deleteBucket' }>): Outcome {
    if (this.#sql.get('SELECT 1 FROM object WHERE bucket_id = ? LIMIT 1', bucketId)) {
      throw new Refusal('BucketNotEmpty');
    }
    const name = this.#bucketName(bucketId);
    const uploads = this.#sql.all('SELECT id FROM upload WHERE bucket_id = ?', bucketId).map(({ id }) => String(id));
    const dropped = uploads.flatMap((id) => this.#dropUpload(id));
    for (const uploadId of uploads) this.#changes.push({ type: 'upload-ended', uploadId, aborted: true });
    this.#changes.push({ type: 'bucket-deleted', name, sequence });
    this.#sql.run('DELETE FROM bucket WHERE id = ?', bucketId);
    return { freed: this.#unreferenced(dropped) };
  }

  #putObject(command: Extract<Command, { type: 'putObject' }>): Outcome {
    const { bytes } = command;
    const segments = [{ start: 0, ...bytes, md5: undefined }];
    return { freed: this.#unreferenced(this.#insertObject({ ...command, size: bytes.size, segments })) };
  }

  #copyObject(command: Extract<Command, { type: 'copyObject' }>): Outcome {
    const source = this.#sql.get('SELECT * FROM object WHERE id = ?', command.sourceId);
    if (source === undefined) throw new Refusal('NoSuchKey');
    // Which blobs are free shows only once the copy refers to its own: it may replace its very source.
    const replaced = this.#insertObject({
      ...command,
      size: Number(source.size),
      etag: String(source.etag),
      headers: command.headers ?? JSON.parse(String(source.headers)),
      checksum: source.checksum === null ? undefined : JSON.parse(String(source.checksum)),
      segments: this.#segments(command.sourceId),
    });
    return { freed: this.#unreferenced(replaced) };
  }

  #deleteObjects({ bucketId, objects, sequence }: Extract<Command, { type: 'deleteObjects' }>): Outcome {
    const bucket = this.#bucketName(bucketId);
    const freed: string[] = [];
    const kept: number[] = [];
    for (const [position, { key, condition }] of objects.entries()) {
      const row = this.#sql.get('SELECT * FROM object WHERE bucket_id = ? AND key = ?', bucketId, key);
      if (!mayDelete(row, condition)) {
        kept.push(position);
        continue;
      }
      this.#tombstones.add(bucket, key, sequence);
      this.#changes.push({ type: 'delete', bucket, key: Buffer.from(key).toString('utf8'), sequence });
      if (row !== undefined && Number(row.sequence) < sequence) freed.push(...this.#dropObject(Number(row.id)));
    }
    return { freed: this.#unreferenced(freed), kept };
  }

  #createUpload(command: Extract<Command, { type: 'createUpload' }>): Outcome {
    this.#bucketName(command.bucketId);
    insertSummed(this.#sql, 'upload', {
      id: command.uploadId,
      bucket_id: command.bucketId,
      key: command.key,
      initiated_at: command.now,
      headers: JSON.stringify(command.headers),
      checksum_algorithm: command.checksumAlgorithm ?? null,
      checksum_type: command.checksumType ?? null,
    });
    return { freed: [] };
  }

  #putPart(command: Extract<Command, { type: 'putPart' }>): Outcome {
    const { uploadId, number, bytes, etag, checksum, now, sequence } = command;
    this.#requireUpload(uploadId);
    const current = this.#sql.get(
      'SELECT blob, sequence FROM part WHERE upload_id = ? AND number = ?',
      uploadId,
      number,
    );
    // Two at once: the later one came first, and has replaced this one.
    if (current !== undefined && Number(current.sequence) > sequence) return { freed: [bytes.blob] };
    const about = { upload_id: uploadId, number, etag, checksum: checksum ?? null, modified_at: now, sequence };
    insertSummed(this.#sql, 'part', { ...about, size: bytes.size, blob: bytes.blob }, { replace: true });
    return { freed: this.#unreferenced(current === undefined ? [] : blobsOf([current])) };
  }

  #completeUpload(command: Extract<Command, { type: 'completeUpload' }>): Outcome {
    const { uploadId, parts, bucketId, key, now, etag, checksum } = command;
    const upload = this.#requireUpload(uploadId);
    const segments = this.#segmentsOf(uploadId, parts);
    if (segments === undefined) return { freed: [command.manifest], partsChanged: true };
    this.#sql.run('DELETE FROM completion WHERE completed_at < ?', now - COMPLETIONS_KEPT_MS);
    this.#remember({ uploadId, bucketId, key, etag, checksum, now });
    const headers = JSON.parse(String(upload.headers));
    const size = segments.reduce((sum, segment) => sum + segment.size, 0);
    const replaced = this.#insertObject({ ...command, size, headers, segments });
    return { freed: this.#unreferenced([...replaced, ...this.#dropUpload(uploadId)]) };
  }

  /** Makes an object again of what a manifest says, and remembers that the upload has ended. */
  restoreManifest(record: ManifestRecord, { bucketId, blob }: { bucketId: number; blob: string }): void {
    const { uploadId, segments, sequence, size, etag, headers, checksum, modifiedAt: now } = record;
    const key = keyBytes(record.key);
    if (uploadId !== undefined) this.#remember({ uploadId, bucketId, key, etag, checksum, now });
    const object = { bucketId, key, now, sequence, size, etag, headers, checksum, segments, manifest: blob };
    this.#insertObject({ ...object, ...(uploadId !== undefined && { uploadId }), condition: { type: 'none' } });
  }

  #remember({ uploadId, bucketId, key, etag, checksum, now }: Completion): void {
    const about = { upload_id: uploadId, bucket_id: bucketId, key, etag, completed_at: now };
    const row = { ...about, checksum: checksum === undefined ? null : JSON.stringify(checksum) };
    insertSummed(this.#sql, 'completion', row, { replace: true });
  }

  /** Remembers how an upload ended whose object is gone by now. */
  restoreCompletion(uploadId: string, { bucketId, completed }: { bucketId: number; completed: CompletedUpload }): void {
    const { key, etag, checksum, completedAt: now } = completed;
    this.#remember({ uploadId, bucketId, key: keyBytes(key), etag, checksum, now });
  }

  /** Undefined where a part has other blobs than the caller saw. */
  #segmentsOf(uploadId: string, parts: { number: number; etag: string; blob: string }[]): Segment[] | undefined {
    const segments: Segment[] = [];
    let start = 0;
    for (const { number, etag, blob } of parts) {
      const part = this.#sql.get(
        'SELECT size, etag, blob FROM part WHERE upload_id = ? AND number = ?',
        uploadId,
        number,
      );
      // The part may have been sent again since the caller looked.
      if (part === undefined || part.etag !== etag) {
        throw new Refusal('InvalidPart', { UploadId: uploadId, PartNumber: String(number), ETag: etag });
      }
      if (part.blob !== blob) return undefined;
      segments.push({ start, size: Number(part.size), blob, md5: etag });
      start += Number(part.size);
    }
    return segments;
  }

  #abortUpload({ uploadId }: Extract<Command, { type: 'abortUpload' }>): Outcome {
    this.#requireUpload(uploadId);
    this.#changes.push({ type: 'upload-ended', uploadId, aborted: true });
    return { freed: this.#unreferenced(this.#dropUpload(uploadId)) };
  }

  /**
   * Puts an object row in the place of the key's old one and returns the blobs that are no longer needed for it: its
   * own, where a later write of the key, or a delete, was committed before it and so has replaced it already.
   */
  #insertObject(object: NewObject): string[] {
    const bucket = this.#bucketName(object.bucketId);
    const current = this.#sql.get(
      'SELECT id, etag, sequence FROM object WHERE bucket_id = ? AND key = ?',
      object.bucketId,
      object.key,
    );
    const etag = current === undefined ? undefined : String(current.etag);
    checkCondition(object.condition, etag, { isDamaged: current !== undefined && this.#isDamaged(Number(current.id)) });
    const newest = Math.max(Number(current?.sequence ?? 0), this.#tombstones.of(bucket, object.key));
    if (newest > object.sequence) {
      // Whether the condition held when this write's turn was is not known any more.
      if (object.condition.type !== 'none') throw new Refusal('ConditionalRequestConflict');
      if (object.uploadId !== undefined) this.#noteCompletion(object.uploadId);
      return [...object.segments.map(({ blob }) => blob), ...(object.manifest === undefined ? [] : [object.manifest])];
    }
    const replaced = current === undefined ? [] : this.#dropObject(Number(current.id));
    const { lastInsertRowid } = insertSummed(this.#sql, 'object', objectRow(object));
    for (const segment of object.segments) this.#addSegment(Number(lastInsertRowid), segment);
    return replaced;
  }

  #isDamaged(objectId: number): boolean {
    const sql = 'SELECT 1 FROM segment JOIN damage ON damage.blob = segment.blob WHERE object_id = ? LIMIT 1';
    return this.#sql.get(sql, objectId) !== undefined;
  }

  #addSegment(objectId: number, { start, size, blob, md5 }: Segment): void {
    insertSummed(this.#sql, 'segment', { object_id: objectId, start, size, blob, md5: md5 ?? null });
  }

  #segments(objectId: number): Segment[] {
    const rows = this.#sql.all('SELECT start, size, blob, md5 FROM segment WHERE object_id = ?', objectId);
    return rows.map(({ start, size, blob, md5 }) => ({
      start: Number(start),
      size: Number(size),
      blob: String(blob),
      md5: md5 === null ? undefined : String(md5),
    }));
  }

  /** Deletes the row and returns its blobs. */
  #dropObject(objectId: number): string[] {
    const blobs = this.#segments(objectId).map(({ blob }) => blob);
    const row = this.#sql.get('SELECT manifest, upload_id FROM object WHERE id = ?', objectId);
    if (typeof row?.upload_id === 'string') this.#noteCompletion(row.upload_id);
    this.#sql.run('DELETE FROM object WHERE id = ?', objectId);
    return typeof row?.manifest === 'string' ? [...blobs, row.manifest] : blobs;
  }

  /** The manifest goes, which said that the upload had ended: without it, parts that stay would open it again. */
  #noteCompletion(uploadId: string): void {
    const row = this.#sql.get('SELECT * FROM completion WHERE upload_id = ?', uploadId);
    const completed = row && {
      bucket: this.#bucketName(Number(row.bucket_id)),
      key: Buffer.from(row.key as Uint8Array).toString('utf8'),
      etag: String(row.etag),
      checksum: row.checksum === null ? undefined : JSON.parse(String(row.checksum)),
      completedAt: Number(row.completed_at),
    };
    this.#changes.push({ type: 'upload-ended', uploadId, completed });
  }

  #dropUpload(uploadId: string): string[] {
    const blobs = blobsOf(this.#sql.all('SELECT blob FROM part WHERE upload_id = ?', uploadId));
    this.#sql.run('DELETE FROM upload WHERE id = ?', uploadId);
    return blobs;
  }

  /** Those of the blobs that nothing refers to any more: a copy shares its source's. */
  #unreferenced(blobs: string[]): string[] {
    return blobs.filter(
      (blob) =>
        !this.#sql.get('SELECT 1 FROM segment WHERE blob = ? LIMIT 1', blob) &&
        !this.#sql.get('SELECT 1 FROM part WHERE blob = ? LIMIT 1', blob),
    );
  }

  /** @throws {S3Error} NoSuchBucket */
  #bucketName(bucketId: number): string {
    const row = this.#sql.get('SELECT name FROM bucket WHERE id = ?', bucketId);
    if (row === undefined) throw new Refusal('NoSuchBucket');
    return String(row.name);
  }

  #requireUpload(uploadId: string): Row {
    const upload = this.#sql.get('SELECT headers FROM upload WHERE id = ?', uploadId);
    if (upload === undefined) throw new Refusal('NoSuchUpload', { UploadId: uploadId });
    return upload;
  }
}

type Completion = Omit<At, 'sequence'> & { uploadId: string; etag: string; checksum: StoredChecksum | undefined };

type NewObject = At & {
  size: number;
  etag: string;
  headers: StoredHeaders;
  checksum: StoredChecksum | undefined;
  condition: WriteCondition;
  segments: Segment[];
  manifest?: string;
  uploadId?: string;
};

const objectRow = (object: NewObject) => ({
  bucket_id: object.bucketId,
  key: object.key,
  size: object.size,
  etag: object.etag,
  modified_at: object.now,
  headers: JSON.stringify(object.headers),
  checksum: object.checksum === undefined ? null : JSON.stringify(object.checksum),
  sequence: object.sequence,
  manifest: object.manifest ?? null,
  upload_id: object.uploadId ?? null,
});

const blobsOf = (rows: Row[]): string[] => rows.flatMap((row) => (row.blob === null ? [] : [String(row.blob)]));

function mayDelete(row: Row | undefined, condition: DeleteCondition): boolean {
  if (row === undefined) return true;
  const { etag, size, modified_at: modifiedAt } = row;
  return meets(condition, { etag: String(etag), size: Number(size), modifiedAt: Number(modifiedAt) });
}
