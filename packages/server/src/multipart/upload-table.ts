import { type Kysely, type SqlBool, sql } from 'kysely';
import { recordRequested } from '../arrivals/file-table.ts';
import type { DatabaseClock } from '../database/clock.ts';
import type { OnArrived } from '../database/observer.ts';
import type { DatabaseKind, Tables, UploadRow } from '../database/tables.ts';
import { recordEvents, recordFileEvents } from '../events/record-events.ts';

export type NewUpload = Pick<UploadRow, 'project_id' | 'upload_id' | 'file_name' | 'part_count' | 'declared_size'> &
  Partial<Pick<UploadRow, 'token_id' | 'part_size'>>;

export type UploadOfProject = UploadRow & { project_uuid: string };

/** Those after that one. */
export type UploadPage = { after?: Pick<UploadRow, 'links_issued_at' | 'id'> | undefined; limit: number };

/** With `holdMs`, the caller holds the upload from then on. */
type Change = Pick<UploadRow, 'state'> & Partial<Pick<UploadRow, 'size' | 'etag'>> & { holdMs?: number };

const ENDING = ['completing', 'aborting'] as const;
/** The states are literals, so that SQLite sees that its partial indexes fit: those that ended are never read. */
const IS_UNFINISHED = sql<SqlBool>`state in ('open', 'completing', 'aborting')`;

/** Multipart uploads and their states. A change of state names the version it starts from; of several, one wins. */
export class UploadTable {
  readonly #db: Kysely<Tables>;
  readonly #kind: DatabaseKind;
  readonly #clock: DatabaseClock;
  readonly #onArrived: OnArrived;

  constructor(db: Kysely<Tables>, kind: DatabaseKind, clock: DatabaseClock, onArrived: OnArrived = () => {}) {
    this.#db = db;
    this.#kind = kind;
    this.#clock = clock;
    this.#onArrived = onArrived;
  }

  /** Records an upload that storage has opened, and its file's name. The checks come last, and refuse by throwing. */
  async add(
    upload: NewUpload,
    file: { md5: string | null; now: number },
    checks: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [],
  ): Promise<UploadRow> {
    return await this.#db.transaction().execute(async (db) => {
      const token = upload.token_id ? { id: upload.token_id } : undefined;
      const asked = { id: upload.project_id, token, hasLink: false };
      await recordRequested(db, this.#kind, asked, [{ name: upload.file_name, md5: file.md5 }]);
      if (upload.token_id) await holdToken(db, upload.token_id, file.now);
      const added = await db
        .insertInto('multipart_uploads')
        .values({ ...upload, state: 'open', version: 0, created_at: file.now, links_issued_at: file.now })
        .returningAll()
        .returning(this.#heldFor())
        .executeTakeFirstOrThrow();
      for (const check of checks) await check(db);
      return added;
    });
  }

  find(projectId: number, uploadId: string): Promise<UploadRow | undefined> {
    return this.#select().where('project_id', '=', projectId).where('upload_id', '=', uploadId).executeTakeFirst();
  }

  /** Those not yet ended, of one upload token or of all, oldest first, after the one whose id is `after`. */
  listOpen(
    projectId: number,
    { after, limit, tokenId }: { after: number; limit: number; tokenId?: number | undefined },
  ): Promise<UploadRow[]> {
    const uploads = this.#select()
      .where('project_id', '=', projectId)
      .where(IS_UNFINISHED)
      .where('state', '!=', 'aborting')
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit);
    return (tokenId === undefined ? uploads : uploads.where('token_id', '=', tokenId)).execute();
  }

  /** Those of the same name that the same token started before this one, and that have not ended. */
  earlierOfToken({ id, token_id, file_name }: UploadRow): Promise<UploadRow[]> {
    if (token_id === null) return Promise.resolve([]);
    return this.#select()
      .where('token_id', '=', token_id)
      .where('file_name', '=', file_name)
      .where(IS_UNFINISHED)
      .where('id', '<', id)
      .execute();
  }

  /** Whether a node is completing another upload of the same file right now. */
  async isCompletedBeside({ id, project_id, file_name }: UploadRow): Promise<boolean> {
    const other = await this.#db
      .selectFrom('multipart_uploads')
      .select('id')
      .where('project_id', '=', project_id)
      .where(IS_UNFINISHED)
      .where('state', '=', 'completing')
      .where('file_name', '=', file_name)
      .where('id', '!=', id)
      .where('busy_until', '>', this.#clock())
      .executeTakeFirst();
    return other !== undefined;
  }

  /** Those of all projects, not yet ended, with no part link issued since `before`, the longest idle first. */
  listIdle({ before, ...page }: UploadPage & { before: number }): Promise<UploadOfProject[]> {
    return this.#ofAllProjects(page).where('links_issued_at', '<', before).execute();
  }

  /** Those of all projects that are being completed or aborted, and that no node holds any more. */
  listLeft(page: UploadPage): Promise<UploadOfProject[]> {
    return this.#ofAllProjects(page)
      .where('state', 'in', ENDING)
      .where(({ eb, or }) => or([eb('busy_until', 'is', null), eb('busy_until', '<=', this.#clock())]))
      .execute();
  }

  async linksIssued(id: number, now: number): Promise<void> {
    await this.#db.updateTable('multipart_uploads').set({ links_issued_at: now }).where('id', '=', id).execute();
  }

  /**
   * The one way to change a state: from this version of the row. Undefined where another came first. With `holdMs`, the
   * caller holds it from then on for this many milliseconds.
   */
  async change(from: Pick<UploadRow, 'id' | 'version'>, to: Change): Promise<UploadRow | undefined> {
    return to.state === 'aborted'
      ? await this.#db.transaction().execute((db) => this.#abort(db, from))
      : await this.#set(this.#db, from, to);
  }

  async #abort(db: Kysely<Tables>, from: Pick<UploadRow, 'id' | 'version'>): Promise<UploadRow | undefined> {
    const aborted = await this.#set(db, from, { state: 'aborted' });
    if (aborted === undefined) return undefined;
    await dropName(db, aborted);
    const { project_id: projectId, file_name, upload_id } = aborted;
    await recordEvents(db, this.#kind, { projectId, type: 'upload.aborted', data: [{ file_name, upload_id }] });
    return aborted;
  }

  async #set(
    db: Kysely<Tables>,
    from: Pick<UploadRow, 'id' | 'version'>,
    { holdMs, ...to }: Change,
  ): Promise<UploadRow | undefined> {
    return await db
      .updateTable('multipart_uploads')
      .set({ ...to, busy_until: holdMs === undefined ? null : this.#in(holdMs), version: from.version + 1 })
      .where('id', '=', from.id)
      .where('version', '=', from.version)
      .returningAll()
      .returning(this.#heldFor())
      .executeTakeFirst();
  }

  /** Some that have not ended, of one file or of the whole project. */
  unfinished(projectId: number, { fileName, limit }: { fileName?: string; limit: number }): Promise<UploadRow[]> {
    const uploads = this.#select().where('project_id', '=', projectId).where(IS_UNFINISHED).orderBy('id').limit(limit);
    return (fileName === undefined ? uploads : uploads.where('file_name', '=', fileName)).execute();
  }

  /** Holds for this many milliseconds from now what `change` gave to hold. No change of state. */
  async holdOn(held: Pick<UploadRow, 'id' | 'version'>, holdMs: number): Promise<void> {
    await this.#db
      .updateTable('multipart_uploads')
      .set({ busy_until: this.#in(holdMs) })
      .where('id', '=', held.id)
      .where('version', '=', held.version)
      .execute();
  }

  /** Storage has said that the upload is complete, which is final, whatever state the row is in by now. */
  async complete(upload: UploadRow, object: { size: number; etag: string; uploadedAt: number }): Promise<void> {
    const { size, etag, uploadedAt: uploaded_at } = object;
    const arrived = await this.#db.transaction().execute(async (db) => {
      const changed = await db
        .updateTable('multipart_uploads')
        .set((row) => ({ state: 'completed', busy_until: null, size, etag, version: row('version', '+', 1) }))
        .where('id', '=', upload.id)
        .where('state', '!=', 'completed')
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) return false;
      const file = db
        .updateTable('files')
        .set({ size, etag, uploaded_at })
        .where('project_id', '=', upload.project_id)
        .where('name', '=', upload.file_name);
      const { numUpdatedRows } = await file.where('uploaded_at', 'is', null).executeTakeFirst();
      if (numUpdatedRows === 0n) {
        await file.execute();
        return false;
      }
      const files = [{ file_name: upload.file_name, size, etag }];
      await recordFileEvents(db, this.#kind, { projectId: upload.project_id, type: 'file.uploaded', files });
      return true;
    });
    if (arrived) this.#onArrived({ files: 1, bytes: size });
  }

  /** How many have not ended, in all projects; where they are more than `most`, that many. */
  async countUnfinished(most: number): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (
        select 1 from multipart_uploads where ${IS_UNFINISHED} limit ${most}
      ) as unfinished
    `.execute(this.#db);
    return rows[0]?.count ?? 0;
  }

  /** Frees what an ended server held. Only where no other server shares the database. */
  async releaseAll(): Promise<void> {
    await this.#db
      .updateTable('multipart_uploads')
      .set({ busy_until: null })
      .where(IS_UNFINISHED)
      .where('busy_until', 'is not', null)
      .execute();
  }

  #ofAllProjects({ after, limit }: UploadPage) {
    const { links_issued_at, id } = after ?? { links_issued_at: -1, id: -1 };
    return this.#db
      .selectFrom('multipart_uploads')
      .innerJoin('projects', 'projects.id', 'multipart_uploads.project_id')
      .selectAll('multipart_uploads')
      .select(['projects.uuid as project_uuid', this.#heldFor()])
      .where(IS_UNFINISHED)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('links_issued_at', 'multipart_uploads.id'), '>', tuple(links_issued_at, id)),
      )
      .orderBy('links_issued_at')
      .orderBy('multipart_uploads.id')
      .limit(limit);
  }

  #in(milliseconds: number) {
    return sql<number>`${this.#clock()} + cast(${milliseconds} as bigint)`;
  }

  #select() {
    return this.#db.selectFrom('multipart_uploads').selectAll().select(this.#heldFor());
  }

  #heldFor() {
    return sql<number>`coalesce(busy_until - ${this.#clock()}, 0)`.as('held_for');
  }
}

/** A name that only multipart uploads asked for goes with the last of them. */
async function dropName(db: Kysely<Tables>, { project_id, file_name }: UploadRow): Promise<void> {
  await sql`
    delete from files where project_id = ${project_id} and name = ${file_name}
    and has_link = 0 and uploaded_at is null and not exists (
      select 1 from multipart_uploads where project_id = ${project_id} and file_name = ${file_name}
      and ${IS_UNFINISHED}
    )
  `.execute(db);
}

/** Held until the transaction ends, so that a token's uploads can be seen in the order of their ids. */
async function holdToken(db: Kysely<Tables>, id: number, now: number): Promise<void> {
  await db.updateTable('upload_tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}
