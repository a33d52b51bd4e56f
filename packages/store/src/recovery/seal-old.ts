import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Blobs, blobFolders, runOf } from '../blobs/blobs.ts';
import { ChangeLog } from '../blobs/changes.ts';
import { type BlobRecord, readSealedBlob, trailerOf } from '../blobs/record.ts';
import { type Row, Statements } from '../catalog/statements.ts';
import { insertSummed, setState, stateOf, sumAnew } from '../catalog/summed.ts';
import { keyText, type Segment } from '../model.ts';
import { bucketsOf } from './compact-changes.ts';
import { partRecord } from './part-record.ts';

/** Rows done in one transaction; as many files are synced at the same time. */
const PAGE = 64;

type Options = { db: DatabaseSync; blobs: Blobs; changes: string; progress: (done: number) => void };

/**
 * Makes blobs of earlier versions describe themselves, from what the index knows of them. Goes on where it was stopped.
 * What is missing or too short is left for a later start. Returns how many objects and parts were done.
 */
export async function sealOldBlobs(options: Options): Promise<number> {
  const { db, progress } = options;
  if (
    db.prepare('SELECT 1 FROM object WHERE sequence = 0 UNION ALL SELECT 1 FROM part WHERE sequence = 0').get() ===
    undefined
  ) {
    noteBuckets(options);
    return 0;
  }
  await noteRuns(options);
  const sealer = new Sealer(options);
  let done = 0;
  for (let last = 0; ; ) {
    const rows = db.prepare('SELECT * FROM object WHERE sequence = 0 AND id > ? ORDER BY id LIMIT ?').all(last, PAGE);
    if (rows.length === 0) break;
    done += await sealPage(options, rows, (row) => sealer.object(row));
    last = Number(rows.at(-1)?.id);
    progress(done);
  }
  const parts = db.prepare('SELECT * FROM part WHERE sequence = 0').all();
  for (let from = 0; from < parts.length; from += PAGE) {
    done += await sealPage(options, parts.slice(from, from + PAGE), (row) => sealer.part(row));
    progress(done);
  }
  noteBuckets(options);
  return done;
}

/** Once the files of all rows are on disk, notes in the index that they are. */
async function sealPage(
  { db }: Options,
  rows: Row[],
  seal: (row: Row) => Promise<(() => void) | undefined>,
): Promise<number> {
  const notes = (await Promise.all(rows.map(seal))).filter((note) => note !== undefined);
  db.exec('BEGIN IMMEDIATE');
  for (const note of notes) note();
  db.exec('COMMIT');
  return notes.length;
}

class Sealer {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #blobs: Blobs;

  constructor({ db, blobs }: Options) {
    this.#db = db;
    this.#sql = new Statements(db);
    this.#blobs = blobs;
  }

  /** Returns how to note it in the index; undefined where a file is missing or too short. */
  async object(row: Row): Promise<(() => void) | undefined> {
    const segments = this.#segments(Number(row.id));
    const about = { ...this.#place(row.bucket_id, row.key), ...ofObject(row), sequence: Number(row.id), after: 0 };
    const note = (manifest: string | null, added?: string) => () => this.#noteObject(row, { manifest, added });
    const [only, ...more] = segments;
    if (only === undefined) return note(null, await this.#write({ kind: 'object', ...about }));
    const isWhole = more.length === 0 && !about.etag.includes('-') && this.#users(only.blob) === 1;
    if (isWhole) return (await this.#append(only, { kind: 'object', ...about })) ? note(null) : undefined;
    for (const segment of segments) if (!(await this.#append(segment, { kind: 'bytes' }))) return undefined;
    const uploadId = this.#uploadIdOf(row);
    return note(await this.#write({ kind: 'manifest', ...about, segments, uploadId }));
  }

  async part(row: Row): Promise<(() => void) | undefined> {
    const upload = this.#db.prepare('SELECT * FROM upload WHERE id = ?').get(String(row.upload_id)) as Row;
    const size = Number(row.size);
    const { bucket } = this.#place(upload.bucket_id, upload.key);
    const record = partRecord(row, { upload, bucket, sequence: 1 });
    const blob = row.blob === null ? await this.#write(record) : String(row.blob);
    if (row.blob !== null && !(await this.#append({ blob, size }, record))) return undefined;
    const name = [String(row.upload_id), Number(row.number)];
    return () => {
      this.#sql.run('UPDATE part SET sequence = 1, blob = ? WHERE upload_id = ? AND number = ?', blob, ...name);
      this.#sql.run(sumAnew('part', 'upload_id = ? AND number = ?'), ...name);
    };
  }

  #noteObject(row: Row, { manifest, added }: { manifest: string | null; added: string | undefined }): void {
    const id = Number(row.id);
    const uploadId = manifest === null ? null : (this.#uploadIdOf(row) ?? null);
    this.#sql.run('UPDATE object SET sequence = id, manifest = ?, upload_id = ? WHERE id = ?', manifest, uploadId, id);
    this.#sql.run(sumAnew('object', 'id = ?'), id);
    if (added !== undefined) {
      insertSummed(this.#sql, 'segment', { object_id: id, start: 0, size: 0, blob: added });
    }
  }

  /** Appends the trailer to the bytes, unless it is there already. Returns false when the bytes are missing. */
  async #append({ blob, size }: Pick<Segment, 'blob' | 'size'>, record: BlobRecord): Promise<boolean> {
    const path = this.#blobs.path(blob);
    let file: FileHandle;
    try {
      file = await open(path, 'r+');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    try {
      if ((await file.stat()).size < size) return false;
      if (readSealedBlob(path)?.size === size) return true;
      const trailer = trailerOf(record, size);
      await file.truncate(size);
      await file.write(trailer, 0, trailer.length, size);
      await file.datasync();
      return true;
    } finally {
      await file.close();
    }
  }

  async #write(record: BlobRecord): Promise<string> {
    const blob = await this.#blobs.create();
    await blob.write(trailerOf(record, 0), 0);
    await blob.commit();
    return blob.name;
  }

  #place(bucketId: unknown, key: unknown): { bucket: string; key: string } {
    const row = this.#db.prepare('SELECT name FROM bucket WHERE id = ?').get(Number(bucketId)) as Row;
    return { bucket: String(row.name), key: keyText(key as Uint8Array) };
  }

  #segments(objectId: number): Segment[] {
    const rows = this.#db.prepare('SELECT * FROM segment WHERE object_id = ? ORDER BY start').all(objectId) as Row[];
    return rows.map(({ start, size, blob, md5 }) => ({
      start: Number(start),
      size: Number(size),
      blob: String(blob),
      md5: md5 === null ? undefined : String(md5),
    }));
  }

  #users(blob: string): number {
    return Number((this.#db.prepare('SELECT COUNT(*) AS count FROM segment WHERE blob = ?').get(blob) as Row).count);
  }

  /** Of the upload that the object was completed from, while that is remembered. */
  #uploadIdOf({ bucket_id, key, etag }: Row): string | undefined {
    const row = this.#db
      .prepare(
        'SELECT upload_id FROM completion WHERE bucket_id = ? AND key = ? AND etag = ? ORDER BY completed_at DESC',
      )
      .get(Number(bucket_id), key as Uint8Array, String(etag)) as Row | undefined;
    return row && String(row.upload_id);
  }
}

const ofObject = (row: Row) => ({
  size: Number(row.size),
  etag: String(row.etag),
  modifiedAt: Number(row.modified_at),
  headers: JSON.parse(String(row.headers)),
  checksum: row.checksum === null ? undefined : JSON.parse(String(row.checksum)),
});

/** Earlier versions did not keep the names of their runs. */
async function noteRuns({ db, blobs }: Options): Promise<void> {
  const runs = new Set<string>([]);
  for (const folder of blobFolders()) {
    for (const name of await readdir(join(blobs.path(folder)))) runs.add(runOf(name) ?? '');
  }
  runs.delete('');
  const insert = db.prepare('INSERT OR IGNORE INTO run (id) VALUES (?)');
  for (const run of [...[...runs].sort(), blobs.run]) insert.run(run);
}

/** Earlier versions did not write down which buckets were made. */
function noteBuckets({ db, changes }: Options): void {
  const number = stateOf(db, 'last_change') + 1;
  if (number > 1) return;
  const noted = bucketsOf(db);
  if (noted.length === 0) return;
  const log = new ChangeLog(changes);
  log.append({ number, changes: noted });
  log.close();
  setState(db, 'last_change', number);
}
