import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { BlobRecord } from '../blobs/record.ts';
import { UnsoundIndexError } from '../catalog/soundness.ts';
import type { Row } from '../catalog/statements.ts';
import { isAsWritten } from '../catalog/summed.ts';
import { keyText } from '../model.ts';
import { partRecord } from './part-record.ts';
import type { Saved } from './restorer.ts';

/** Reads the rows of a damaged or older index that can still be read; the others are skipped. */
export class Salvage {
  readonly #db: DatabaseSync | undefined;

  constructor(path: string) {
    try {
      this.#db = existsSync(path) ? new DatabaseSync(path, { readOnly: true }) : undefined;
    } catch {
      this.#db = undefined;
    }
  }

  /** The objects whose bytes, or whose manifests, these blobs are. */
  of(blobs: readonly string[]): Saved[] {
    return blobs.flatMap((blob) => {
      try {
        return this.#read(blob);
      } catch {
        return [];
      }
    });
  }

  /**
   * What a blob has to say of itself, by the index, which may be in use. Undefined where the index can't tell: its rows
   * are not as they were written, or nothing refers to the blob.
   */
  recordOf(blob: string): BlobRecord | undefined {
    const [saved] = this.of([blob]);
    if (saved !== undefined) return saved.record;
    const isOfManifest = this.#db
      ?.prepare('SELECT 1 FROM segment JOIN object ON object.id = object_id WHERE blob = ? AND manifest IS NOT NULL')
      .get(blob);
    return isOfManifest && { kind: 'bytes' };
  }

  close(): void {
    this.#db?.close();
  }

  #read(blob: string): Saved[] {
    const rows = this.#db
      ?.prepare(
        `SELECT object.*, bucket.name FROM object JOIN bucket ON bucket.id = bucket_id
         WHERE object.manifest = ?
            OR (manifest IS NULL AND object.id IN (SELECT object_id FROM segment WHERE blob = ?))`,
      )
      .all(blob, blob) as Row[] | undefined;
    const objects = (rows ?? []).filter((row) => isAsWritten('object', row));
    return [...objects.map((row) => ({ blob, record: this.#recordOf(row) })), ...this.#parts(blob)];
  }

  #parts(blob: string): Saved[] {
    const part = this.#db?.prepare('SELECT * FROM part WHERE blob = ?').get(blob) as Row | undefined;
    const upload = this.#db?.prepare('SELECT * FROM upload WHERE id = ?').get(String(part?.upload_id)) as
      | Row
      | undefined;
    if (part === undefined || upload === undefined) return [];
    if (!isAsWritten('part', part) || !isAsWritten('upload', upload)) return [];
    const bucket = this.#db?.prepare('SELECT name FROM bucket WHERE id = ?').get(Number(upload.bucket_id)) as Row;
    return [
      { blob, record: partRecord(part, { upload, bucket: String(bucket.name), sequence: Number(part.sequence) }) },
    ];
  }

  #recordOf(row: Row): Saved['record'] {
    const about = {
      sequence: Number(row.sequence),
      after: 0,
      bucket: String(row.name),
      key: keyText(row.key as Uint8Array),
      size: Number(row.size),
      etag: String(row.etag),
      modifiedAt: Number(row.modified_at),
      headers: JSON.parse(String(row.headers)),
      checksum: row.checksum === null ? undefined : JSON.parse(String(row.checksum)),
    };
    if (row.manifest === null) return { kind: 'object', ...about };
    const segments = this.#db?.prepare('SELECT * FROM segment WHERE object_id = ? ORDER BY start').all(Number(row.id));
    for (const segment of segments as Row[]) {
      // An index of an earlier schema has no sums of these.
      if ('row_sum' in segment && !isAsWritten('segment', segment)) throw new UnsoundIndexError('a row is damaged');
    }
    return {
      kind: 'manifest',
      ...about,
      segments: (segments as Row[]).map(({ start, size, blob, md5 }) => ({
        start: Number(start),
        size: Number(size),
        blob: String(blob),
        md5: md5 === null ? undefined : String(md5),
      })),
      uploadId: row.upload_id === null ? undefined : String(row.upload_id),
    };
  }
}
