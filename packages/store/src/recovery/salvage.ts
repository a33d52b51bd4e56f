import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { UnsoundIndexError } from '../catalog/soundness.ts';
import type { Row } from '../catalog/statements.ts';
import { isAsWritten } from '../catalog/summed.ts';
import { keyText } from '../model.ts';
import type { Saved } from './restorer.ts';

/** Reads of a damaged or older index what it still tells, row by row; what can't be read is passed over. */
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

  close(): void {
    this.#db?.close();
  }

  #read(blob: string): Saved[] {
    const rows = this.#db
      ?.prepare(
        `SELECT object.*, bucket.name FROM object JOIN bucket ON bucket.id = bucket_id
         WHERE object.manifest = ?1
            OR (manifest IS NULL AND object.id IN (SELECT object_id FROM segment WHERE blob = ?1))`,
      )
      .all(blob) as Row[] | undefined;
    return (rows ?? [])
      .filter((row) => isAsWritten('object', row))
      .map((row) => ({ blob, record: this.#recordOf(row) }));
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
