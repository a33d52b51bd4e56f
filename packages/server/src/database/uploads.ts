import type { Kysely } from 'kysely';
import type { Tables, UploadRow } from './tables.ts';

export type NewUpload = Pick<UploadRow, 'project_id' | 'upload_id' | 'file_name' | 'part_count' | 'declared_size'>;

const UNFINISHED = ['open', 'completing', 'aborting'] as const;

/** Multipart uploads and their states. A change of state names the version it starts from; of several, one wins. */
export class UploadTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Records an upload that storage has opened, and its file's name. */
  async add(upload: NewUpload, file: { md5: string | null; now: number }): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await db
        .insertInto('files')
        .values({ project_id: upload.project_id, name: upload.file_name, md5: file.md5 })
        .onConflict((conflict) =>
          file.md5 === null
            ? conflict.columns(['project_id', 'name']).doNothing()
            : conflict.columns(['project_id', 'name']).doUpdateSet({ md5: file.md5 }),
        )
        .execute();
      await db
        .insertInto('multipart_uploads')
        .values({ ...upload, state: 'open', version: 0, created_at: file.now, links_issued_at: file.now })
        .execute();
    });
  }

  find(projectId: number, uploadId: string): Promise<UploadRow | undefined> {
    return this.#db
      .selectFrom('multipart_uploads')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('upload_id', '=', uploadId)
      .executeTakeFirst();
  }

  /** Those not yet ended, oldest first, after the one whose id is `after`. */
  listOpen(projectId: number, { after, limit }: { after: number; limit: number }): Promise<UploadRow[]> {
    return this.#db
      .selectFrom('multipart_uploads')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('state', 'in', ['open', 'completing'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  /** Those of all projects, not yet ended, with no part link issued since `before`; in pages by id. */
  listIdle({ before, after, limit }: { before: number; after: number; limit: number }) {
    return this.#db
      .selectFrom('multipart_uploads')
      .innerJoin('projects', 'projects.id', 'multipart_uploads.project_id')
      .selectAll('multipart_uploads')
      .select('projects.uuid as project_uuid')
      .where('state', 'in', UNFINISHED)
      .where('links_issued_at', '<', before)
      .where('multipart_uploads.id', '>', after)
      .orderBy('multipart_uploads.id')
      .limit(limit)
      .execute();
  }

  async linksIssued(id: number, now: number): Promise<void> {
    await this.#db.updateTable('multipart_uploads').set({ links_issued_at: now }).where('id', '=', id).execute();
  }

  /** The one way to change a state: from this version of the row. Undefined where another came first. */
  change(
    from: Pick<UploadRow, 'id' | 'version'>,
    to: Pick<UploadRow, 'state'> & Partial<Pick<UploadRow, 'busy_until' | 'size' | 'etag'>>,
  ): Promise<UploadRow | undefined> {
    return this.#db
      .updateTable('multipart_uploads')
      .set({ busy_until: null, ...to, version: from.version + 1 })
      .where('id', '=', from.id)
      .where('version', '=', from.version)
      .returningAll()
      .executeTakeFirst();
  }

  /** Storage has said that the upload is complete, which is final, whatever state the row is in by now. */
  async complete(upload: UploadRow, object: { size: number; etag: string; uploadedAt: number }): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const { size, etag } = object;
      const changed = await db
        .updateTable('multipart_uploads')
        .set((row) => ({ state: 'completed', busy_until: null, size, etag, version: row('version', '+', 1) }))
        .where('id', '=', upload.id)
        .where('state', '!=', 'completed')
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) return;
      await db
        .updateTable('files')
        .set({ size, etag, uploaded_at: object.uploadedAt })
        .where('project_id', '=', upload.project_id)
        .where('name', '=', upload.file_name)
        .execute();
    });
  }

  /** Frees what an ended server held. Only where no other server shares the database. */
  async releaseAll(): Promise<void> {
    await this.#db
      .updateTable('multipart_uploads')
      .set({ busy_until: null })
      .where('busy_until', 'is not', null)
      .execute();
  }
}
