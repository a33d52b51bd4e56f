import type { DatabaseSync } from 'node:sqlite';
import { checkCondition, type DeleteCondition, meets, type WriteCondition } from './conditions.ts';
import { addDamage, learnMd5s, namesOf, removeDamage, saveScrub } from './damage.ts';
import { Refusal } from './refusal.ts';
import type { DamageReason, NewBytes, ObjectName, ScrubState, StoredChecksum, StoredHeaders } from './rows.ts';
import { type Row, Statements } from './statements.ts';

type At = { bucketId: number; key: Uint8Array; now: number };

/** One change of the index. Commands cross a thread boundary, so they hold plain data only. */
export type Command =
  | { type: 'createBucket'; name: string; now: number }
  | { type: 'deleteBucket'; bucketId: number }
  | { type: 'setCors'; bucketId: number; cors: string | undefined }
  | ({
      type: 'putObject';
      bytes: NewBytes;
      etag: string;
      headers: StoredHeaders;
      checksum: StoredChecksum | undefined;
      condition: WriteCondition;
    } & At)
  | ({
      type: 'copyObject';
      sourceId: number;
      /** Replaces the source's headers where given. */
      headers: StoredHeaders | undefined;
      condition: WriteCondition;
    } & At)
  | { type: 'deleteObjects'; bucketId: number; objects: { key: Uint8Array; condition: DeleteCondition }[] }
  | ({
      type: 'createUpload';
      uploadId: string;
      headers: StoredHeaders;
      checksumAlgorithm: string | undefined;
      checksumType: string | undefined;
    } & At)
  | {
      type: 'putPart';
      uploadId: string;
      number: number;
      bytes: NewBytes;
      etag: string;
      checksum: string | undefined;
      now: number;
    }
  | ({
      type: 'completeUpload';
      uploadId: string;
      /** In ascending order; the ETags are those that the caller checked. */
      parts: { number: number; etag: string }[];
      /** Of the object. */
      etag: string;
      checksum: StoredChecksum | undefined;
      condition: WriteCondition;
    } & At)
  | { type: 'abortUpload'; uploadId: string }
  | { type: 'forgetBlob'; blob: string }
  | { type: 'addDamage'; blob: string; reason: DamageReason; now: number }
  | { type: 'removeDamage'; blob: string }
  | { type: 'learnMd5s'; objectId: number; md5s: { start: number; md5: string }[] }
  | { type: 'saveScrub'; state: ScrubState };

/**
 * What a command did. `freed` blobs are no longer part of anything once the transaction is committed. `changed` are
 * the objects whose damage became known, or is no more; undefined where nothing changed. `kept` are the positions of
 * objects that were not deleted, as they failed their condition.
 */
export type Outcome = {
  freed: string[];
  forgotten?: ObjectName[];
  changed?: ObjectName[] | undefined;
  kept?: number[];
};

/** How long a finished upload is remembered, so that a repeated Complete is answered alike. */
const COMPLETIONS_KEPT_MS = 7 * 24 * 3600 * 1000;

/** Carries commands out inside the caller's transaction. After a Refusal the caller undoes what was begun. */
export class Commands {
  readonly #sql: Statements;

  constructor(db: DatabaseSync) {
    this.#sql = new Statements(db);
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
        this.#sql.run('UPDATE bucket SET cors = ? WHERE id = ?', command.cors ?? null, command.bucketId);
        return { freed: [] };
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
      case 'forgetBlob':
        return this.#forgetBlob(command);
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
    this.#sql.run('INSERT INTO bucket (name, created_at) VALUES (?, ?)', name, now);
    return { freed: [] };
  }

  #deleteBucket({ bucketId }: Extract<Command, { type: 'deleteBucket' }>): Outcome {
    if (this.#sql.get('SELECT 1 FROM object WHERE bucket_id = ? LIMIT 1', bucketId))
      throw new Refusal('BucketNotEmpty');
    const uploads = this.#sql.all('SELECT id FROM upload WHERE bucket_id = ?', bucketId);
    const dropped = uploads.flatMap(({ id }) => this.#dropUpload(String(id)));
    this.#sql.run('DELETE FROM bucket WHERE id = ?', bucketId);
    return { freed: this.#unreferenced(dropped) };
  }

  #putObject(command: Extract<Command, { type: 'putObject' }>): Outcome {
    const { bytes } = command;
    const { objectId, freed } = this.#publish({ ...command, size: bytes.size });
    if (bytes.blob !== undefined)
      this.#addSegment(objectId, { start: 0, size: bytes.size, blob: bytes.blob, md5: null });
    return { freed };
  }

  #copyObject(command: Extract<Command, { type: 'copyObject' }>): Outcome {
    const source = this.#sql.get('SELECT * FROM object WHERE id = ?', command.sourceId);
    if (source === undefined) throw new Refusal('NoSuchKey');
    const segments = this.#sql.all('SELECT start, size, blob, md5 FROM segment WHERE object_id = ?', command.sourceId);
    // Which blobs are free shows only once the copy refers to its own: it may replace its very source.
    const { objectId, replaced } = this.#insertObject({
      ...command,
      size: Number(source.size),
      etag: String(source.etag),
      headers: command.headers ?? JSON.parse(String(source.headers)),
      checksum: source.checksum === null ? undefined : JSON.parse(String(source.checksum)),
    });
    for (const segment of segments) this.#addSegment(objectId, segment);
    return { freed: this.#unreferenced(replaced) };
  }

  #deleteObjects({ bucketId, objects }: Extract<Command, { type: 'deleteObjects' }>): Outcome {
    const freed: string[] = [];
    const kept: number[] = [];
    for (const [position, { key, condition }] of objects.entries()) {
      if (this.#mayDelete(bucketId, key, condition)) freed.push(...this.#removeObject(bucketId, key));
      else kept.push(position);
    }
    return { freed, kept };
  }

  #mayDelete(bucketId: number, key: Uint8Array, condition: DeleteCondition): boolean {
    const row = this.#sql.get(
      'SELECT etag, size, modified_at FROM object WHERE bucket_id = ? AND key = ?',
      bucketId,
      key,
    );
    if (row === undefined) return true;
    const { etag, size, modified_at: modifiedAt } = row;
    return meets(condition, { etag: String(etag), size: Number(size), modifiedAt: Number(modifiedAt) });
  }

  #createUpload(command: Extract<Command, { type: 'createUpload' }>): Outcome {
    this.#requireBucket(command.bucketId);
    this.#sql.run(
      `INSERT INTO upload (id, bucket_id, key, initiated_at, headers, checksum_algorithm, checksum_type)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      command.uploadId,
      command.bucketId,
      command.key,
      command.now,
      JSON.stringify(command.headers),
      command.checksumAlgorithm ?? null,
      command.checksumType ?? null,
    );
    return { freed: [] };
  }

  #putPart({ uploadId, number, bytes, etag, checksum, now }: Extract<Command, { type: 'putPart' }>): Outcome {
    this.#requireUpload(uploadId);
    const replaced = this.#sql.get('SELECT blob FROM part WHERE upload_id = ? AND number = ?', uploadId, number);
    this.#sql.run(
      `INSERT OR REPLACE INTO part (upload_id, number, size, etag, modified_at, checksum, blob)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      uploadId,
      number,
      bytes.size,
      etag,
      now,
      checksum ?? null,
      bytes.blob ?? null,
    );
    return { freed: this.#unreferenced(replaced === undefined ? [] : blobsOf([replaced])) };
  }

  #completeUpload(command: Extract<Command, { type: 'completeUpload' }>): Outcome {
    const { uploadId, parts, bucketId, key, now, etag, checksum } = command;
    const upload = this.#requireUpload(uploadId);
    const size = this.#sizeOf(uploadId, parts);
    const { objectId, replaced } = this.#insertObject({
      ...command,
      size,
      headers: JSON.parse(String(upload.headers)),
    });
    let start = 0;
    for (const { number } of parts) {
      const part = this.#sql.get(
        'SELECT size, blob, etag FROM part WHERE upload_id = ? AND number = ?',
        uploadId,
        number,
      );
      if (part === undefined || part.blob === null) continue;
      this.#addSegment(objectId, { start, size: part.size, blob: part.blob, md5: part.etag });
      start += Number(part.size);
    }
    const dropped = this.#dropUpload(uploadId);
    this.#sql.run('DELETE FROM completion WHERE completed_at < ?', now - COMPLETIONS_KEPT_MS);
    this.#sql.run(
      `INSERT INTO completion (upload_id, bucket_id, key, etag, checksum, completed_at) VALUES (?, ?, ?, ?, ?, ?)`,
      uploadId,
      bucketId,
      key,
      etag,
      checksum === undefined ? null : JSON.stringify(checksum),
      now,
    );
    return { freed: this.#unreferenced([...replaced, ...dropped]) };
  }

  #sizeOf(uploadId: string, parts: { number: number; etag: string }[]): number {
    let size = 0;
    for (const { number, etag } of parts) {
      const part = this.#sql.get('SELECT size, etag FROM part WHERE upload_id = ? AND number = ?', uploadId, number);
      // The part may have been sent again since the caller looked.
      if (part === undefined || part.etag !== etag) {
        throw new Refusal('InvalidPart', { UploadId: uploadId, PartNumber: String(number), ETag: etag });
      }
      size += Number(part.size);
    }
    return size;
  }

  #abortUpload({ uploadId }: Extract<Command, { type: 'abortUpload' }>): Outcome {
    this.#requireUpload(uploadId);
    return { freed: this.#unreferenced(this.#dropUpload(uploadId)) };
  }

  /** Drops what refers to a blob whose file is gone: such an object cannot be read, so it must not be listed. */
  #forgetBlob({ blob }: Extract<Command, { type: 'forgetBlob' }>): Outcome {
    const forgotten = namesOf(this.#sql, blob);
    const objects = this.#sql.all(
      'SELECT DISTINCT bucket_id, key FROM segment JOIN object ON object.id = object_id WHERE blob = ?',
      blob,
    );
    const freed = objects.flatMap((row) => this.#removeObject(Number(row.bucket_id), row.key as Uint8Array));
    this.#sql.run('DELETE FROM part WHERE blob = ?', blob);
    return { freed, forgotten };
  }

  /** Puts an object row in the place of the key's old one. */
  #publish(object: NewObject): { objectId: number; freed: string[] } {
    const { objectId, replaced } = this.#insertObject(object);
    return { objectId, freed: this.#unreferenced(replaced) };
  }

  #insertObject(object: NewObject): { objectId: number; replaced: string[] } {
    this.#requireBucket(object.bucketId);
    const current = this.#sql.get(
      'SELECT id, etag FROM object WHERE bucket_id = ? AND key = ?',
      object.bucketId,
      object.key,
    );
    checkCondition(object.condition, current === undefined ? undefined : String(current.etag));
    const replaced = current === undefined ? [] : this.#dropObject(Number(current.id));
    const { lastInsertRowid } = this.#sql.run(
      `INSERT INTO object (bucket_id, key, size, etag, modified_at, headers, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      object.bucketId,
      object.key,
      object.size,
      object.etag,
      object.now,
      JSON.stringify(object.headers),
      object.checksum === undefined ? null : JSON.stringify(object.checksum),
    );
    return { objectId: Number(lastInsertRowid), replaced };
  }

  #addSegment(objectId: number, { start, size, blob, md5 }: Row): void {
    this.#sql.run(
      'INSERT INTO segment (object_id, start, size, blob, md5) VALUES (?, ?, ?, ?, ?)',
      objectId,
      Number(start),
      Number(size),
      String(blob),
      md5 === null ? null : String(md5),
    );
  }

  #removeObject(bucketId: number, key: Uint8Array): string[] {
    const row = this.#sql.get('SELECT id FROM object WHERE bucket_id = ? AND key = ?', bucketId, key);
    return row === undefined ? [] : this.#unreferenced(this.#dropObject(Number(row.id)));
  }

  /** Deletes the row and answers the blobs it had. */
  #dropObject(objectId: number): string[] {
    const blobs = blobsOf(this.#sql.all('SELECT blob FROM segment WHERE object_id = ?', objectId));
    this.#sql.run('DELETE FROM object WHERE id = ?', objectId);
    return blobs;
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

  #requireBucket(bucketId: number): void {
    if (!this.#sql.get('SELECT 1 FROM bucket WHERE id = ?', bucketId)) throw new Refusal('NoSuchBucket');
  }

  #requireUpload(uploadId: string): Row {
    const upload = this.#sql.get('SELECT headers FROM upload WHERE id = ?', uploadId);
    if (upload === undefined) throw new Refusal('NoSuchUpload', { UploadId: uploadId });
    return upload;
  }
}

type NewObject = At & {
  size: number;
  etag: string;
  headers: StoredHeaders;
  checksum: StoredChecksum | undefined;
  condition: WriteCondition;
};

const blobsOf = (rows: Row[]): string[] => rows.flatMap((row) => (row.blob === null ? [] : [String(row.blob)]));
