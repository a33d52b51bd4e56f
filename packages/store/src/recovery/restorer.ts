import type { DatabaseSync } from 'node:sqlite';
import type { ChangeGroup } from '../blobs/changes.ts';
import type { BlobRecord, ManifestRecord, ObjectRecord, PartRecord, SealedBlob } from '../blobs/record.ts';
import { applyChange, reserveSequences } from '../catalog/begin-run.ts';
import { Commands } from '../catalog/commands.ts';
import { Statements } from '../catalog/statements.ts';
import { setState } from '../catalog/summed.ts';
import { keyBytes, keyText } from '../model.ts';
import { Changes } from './changes.ts';

/** What an old index still knew of a blob that does not say what it is. */
export type Saved = { blob: string; record: (ObjectRecord & { kind: 'object' }) | ManifestRecord | PartRecord };

/** Fills an empty index with what blobs say of themselves, in any order. */
export class Restorer {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #commands: Commands;
  readonly #changes: Changes;
  /** By name, the number from which on the bucket was gone. */
  readonly #deletedBuckets = new Map<string, number>();
  readonly #completed = new Set<string>();
  #maxSequence = 0;
  #maxObject = 0;

  constructor(db: DatabaseSync, groups: readonly ChangeGroup[]) {
    this.#db = db;
    this.#sql = new Statements(db);
    this.#commands = new Commands(db);
    const changes = groups.flatMap((group) => group.changes);
    this.#changes = new Changes(changes);
    for (const change of changes) {
      // Deletes are remembered, and refuse what is older when its blob comes.
      applyChange({ db, commands: this.#commands, change });
      if ('sequence' in change) this.#maxSequence = Math.max(this.#maxSequence, change.sequence);
      if (change.type === 'bucket-deleted') this.#deletedBuckets.set(change.name, change.sequence);
    }
    setState(db, 'last_change', groups.at(-1)?.number ?? 0);
    for (const change of changes) {
      if (change.type !== 'upload-ended' || change.completed === undefined) continue;
      const bucketId = this.#bucketId(change.completed.bucket);
      if (bucketId === undefined) continue;
      this.#commands.restoreCompletion(change.uploadId, { bucketId, completed: change.completed });
    }
  }

  noteRun(run: string | undefined): void {
    if (run !== undefined) this.#sql.run('INSERT OR IGNORE INTO run (id) VALUES (?)', run);
  }

  add(blob: string, { record, size }: SealedBlob): void {
    if (record.kind === 'bytes') return;
    this.#maxSequence = Math.max(this.#maxSequence, record.sequence);
    this.#maxObject = Math.max(this.#maxObject, record.after);
    if (this.#changes.voids.has(blob)) return;
    if (this.#changes.deletedAt(record.bucket, record.key) > record.sequence && record.kind === 'object') return;
    const bucketId = this.#bucketFor(record);
    if (bucketId === undefined) return;
    if (record.kind === 'part') this.#addPart(record, { blob, bucketId });
    else if (record.kind === 'manifest') this.#addManifest(record, { blob, bucketId });
    else this.#addObject(record, { blob, bucketId, size });
  }

  /**
   * The same of a file that was set aside, as it is not known whether it was acknowledged. `has` tells which blobs there
   * are: what lacks some must not replace what is whole. Nor does what may have been refused replace anything.
   */
  addSetAside(blob: string, sealed: SealedBlob, has: (blob: string) => boolean): void {
    const { record } = sealed;
    if (record.kind === 'manifest' && !record.segments.every((segment) => has(segment.blob))) return;
    if ('conditional' in record && record.conditional && this.#holds(record)) return;
    this.add(blob, sealed);
  }

  /** Objects that only an old index has; they never replace newer ones. */
  addSaved(saved: readonly Saved[]): void {
    for (const { blob, record } of saved) this.add(blob, { record, size: record.size });
  }

  /** Ends it. Returns the objects of which a blob is not there. */
  finish({ has }: { has: (blob: string) => boolean }): { bucket: string; key: string }[] {
    for (const uploadId of this.#completed) this.#sql.run('DELETE FROM upload WHERE id = ?', uploadId);
    reserveSequences(this.#db, this.#maxSequence + 1);
    // The run that comes next begins where this reserve ends.
    this.#countObjectsFrom(this.#maxObject);
    const lost = new Map<string, { bucket: string; key: string }>();
    const rows = this.#sql.all(
      `SELECT segment.blob, bucket.name, object.key FROM segment JOIN object ON object.id = object_id
       JOIN bucket ON bucket.id = bucket_id WHERE object.manifest IS NOT NULL`,
    );
    for (const { blob, name, key } of rows) {
      if (has(String(blob))) continue;
      const place = { bucket: String(name), key: keyText(key as Uint8Array) };
      lost.set(`${place.bucket}/${place.key}`, place);
    }
    return [...lost.values()];
  }

  /** The blobs that objects, manifests included, or open uploads need. */
  usedBlobs(): Set<string> {
    const rows = this.#sql.all(
      `SELECT blob FROM segment UNION SELECT blob FROM part
       UNION SELECT manifest FROM object WHERE manifest IS NOT NULL`,
    );
    return new Set(rows.map(({ blob }) => String(blob)));
  }

  counts(): { objects: number; bytes: number; openUploads: number } {
    const objects = this.#sql.get('SELECT COUNT(*) AS count, TOTAL(size) AS bytes FROM object');
    const uploads = this.#sql.get('SELECT COUNT(*) AS count FROM upload');
    return { objects: Number(objects?.count), bytes: Number(objects?.bytes), openUploads: Number(uploads?.count) };
  }

  #addObject(record: ObjectRecord, { blob, bucketId, size }: { blob: string; bucketId: number; size: number }): void {
    const { sequence, etag, headers, checksum, modifiedAt: now } = record;
    this.#commands.execute({
      type: 'putObject',
      bucketId,
      key: keyBytes(record.key),
      now,
      sequence,
      bytes: { blob, size },
      etag,
      headers,
      checksum,
      condition: { type: 'none' },
    });
  }

  #addManifest(record: ManifestRecord, place: { blob: string; bucketId: number }): void {
    if (this.#changes.isAborted(record.uploadId)) return;
    if (record.uploadId !== undefined) this.#completed.add(record.uploadId);
    this.#commands.restoreManifest(record, place);
  }

  #addPart(record: PartRecord, { blob, bucketId }: { blob: string; bucketId: number }): void {
    const { uploadId, number, size, etag, checksum, modifiedAt: now, sequence, upload } = record;
    if (this.#changes.endedUploads.has(uploadId)) return;
    if (this.#sql.get('SELECT 1 FROM upload WHERE id = ?', uploadId) === undefined) {
      this.#commands.execute({
        type: 'createUpload',
        bucketId,
        key: keyBytes(record.key),
        now: upload.initiatedAt,
        uploadId,
        headers: upload.headers,
        checksumAlgorithm: upload.checksumAlgorithm,
        checksumType: upload.checksumType,
      });
    }
    this.#commands.execute({ type: 'putPart', uploadId, number, bytes: { blob, size }, etag, checksum, now, sequence });
  }

  /** Undefined where the bucket was deleted after the blob was written. */
  #bucketFor({ bucket, sequence, modifiedAt }: Exclude<BlobRecord, { kind: 'bytes' }>): number | undefined {
    const id = this.#bucketId(bucket);
    if (id !== undefined) return id;
    if ((this.#deletedBuckets.get(bucket) ?? 0) > sequence) return undefined;
    this.#commands.execute({ type: 'createBucket', name: bucket, now: modifiedAt });
    return this.#bucketId(bucket);
  }

  #holds({ bucket, key }: ObjectRecord): boolean {
    const bucketId = this.#bucketId(bucket) ?? -1;
    return this.#sql.get('SELECT 1 FROM object WHERE bucket_id = ? AND key = ?', bucketId, keyBytes(key)) !== undefined;
  }

  #bucketId(name: string): number | undefined {
    const row = this.#sql.get('SELECT id FROM bucket WHERE name = ?', name);
    return row && Number(row.id);
  }

  #countObjectsFrom(number: number): void {
    const { changes } = this.#sql.run("UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = 'object'", number);
    if (changes === 0) this.#sql.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('object', ?)", number);
  }
}
