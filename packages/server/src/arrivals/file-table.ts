import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { inStatements, isOneStatement, jsonRows } from '../database/json-rows.ts';
import type { OnArrived } from '../database/observer.ts';
import type { DatabaseKind, FileRow, Tables } from '../database/tables.ts';
import { recordFileEvents } from '../events/record-events.ts';

export type RequestedFile = { name: string; md5: string | null };
/** The project, and the upload token that asks; none where an API key does. */
export type AskedBy = { id: number; token?: { id: number } | undefined };
/** A name that no client can send to any more. */
export type UnusedName = { project_id: number; project_uuid: string; only_token_id: number; name: string };

/** Whether names may be added, asked in the transaction that adds them. */
export type NamesCheck = (db: Kysely<Tables>) => Promise<void>;

export type StoredFile = { name: string; size: number; etag: string; uploadedAt: number };

/**
 * The files asked for in each project, and a cache of what storage said of them.
 *
 * Rows that say the same already are not written again. Each is looked up by a scalar subquery, since PostgreSQL would
 * turn `not exists` into a join, and for a single name read all files of the project.
 */
export class FileTable {
  readonly #db: Kysely<Tables>;
  readonly #kind: DatabaseKind;
  readonly #onArrived: OnArrived;

  constructor(db: Kysely<Tables>, kind: DatabaseKind, onArrived: OnArrived = () => {}) {
    this.#db = db;
    this.#kind = kind;
    this.#onArrived = onArrived;
  }

  /**
   * Records names with their declared MD5s, all or none. A name that is there keeps what is known of it. `check` comes
   * last in the transaction where names were added, and refuses by throwing.
   */
  async request(asked: AskedBy, files: readonly RequestedFile[], check?: NamesCheck): Promise<void> {
    // One statement is all or none by itself.
    if (check === undefined && isOneStatement(this.#kind, files.length)) {
      return await recordRequested(this.#db, this.#kind, { ...asked, hasLink: true }, files);
    }
    await this.#db.transaction().execute(async (db) => {
      const before = await fileCount(db, asked.id);
      await recordRequested(db, this.#kind, { ...asked, hasLink: true }, files);
      if (check !== undefined && (await fileCount(db, asked.id)) > before) await check(db);
    });
  }

  /** Removes files that storage no longer has, and the uploads that brought them. */
  async remove(projectId: number, name: string): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await db
        .deleteFrom('multipart_uploads')
        .where('project_id', '=', projectId)
        .where('file_name', '=', name)
        .execute();
      await db.deleteFrom('files').where('project_id', '=', projectId).where('name', '=', name).execute();
      await countFactsChange(db, [projectId]);
    });
  }

  /** Pending names that tokens alone asked for that are over, so that no link of theirs works. */
  unused({ now, limit }: { now: number; limit: number }): Promise<UnusedName[]> {
    return this.#db
      .selectFrom('files')
      .innerJoin('upload_tokens', 'upload_tokens.id', 'files.only_token_id')
      .innerJoin('projects', 'projects.id', 'files.project_id')
      .select(['files.project_id', 'projects.uuid as project_uuid', 'files.name'])
      .select((row) => row.ref('files.only_token_id').$notNull().as('only_token_id'))
      .where('files.only_token_id', 'is not', null)
      .where('files.uploaded_at', 'is', null)
      .where('upload_tokens.expires_at', '<', now)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('multipart_uploads')
              .select('multipart_uploads.id')
              .whereRef('multipart_uploads.project_id', '=', 'files.project_id')
              .whereRef('multipart_uploads.file_name', '=', 'files.name')
              .where(sql<SqlBool>`state in ('open', 'completing', 'aborting')`),
          ),
        ),
      )
      .orderBy('files.project_id')
      .limit(limit)
      .execute();
  }

  /** Removes those of the names that are not uploaded and still belong to that token alone. */
  async drop(projectId: number, tokenId: number, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#db
      .deleteFrom('files')
      .where('project_id', '=', projectId)
      .where('name', 'in', names)
      .where('only_token_id', '=', tokenId)
      .where('uploaded_at', 'is', null)
      .execute();
  }

  /** Records what storage said, also of names that were never asked for here. */
  async store(projectId: number, files: readonly StoredFile[]): Promise<void> {
    const arrived = await this.#storeArrived(projectId, files);
    if (arrived.length > 0) {
      this.#onArrived({ files: arrived.length, bytes: arrived.reduce((sum, { size }) => sum + size, 0) });
    }
    const names = new Set(arrived.map(({ name }) => name));
    const rest = files.filter(({ name }) => !names.has(name));
    await this.#upsert(this.#db, projectId, rest, sql`true`);
  }

  /** Records those that had not arrived, and returns them. */
  async #storeArrived(projectId: number, files: readonly StoredFile[]) {
    if (files.length === 0) return [];
    return await this.#db.transaction().execute(async (db) => {
      const arrived = await this.#upsert(db, projectId, files, sql`files.uploaded_at is null`);
      const described = arrived.map(({ name, size, etag }) => ({ file_name: name, size, etag }));
      await recordFileEvents(db, this.#kind, { projectId, type: 'file.uploaded', files: described });
      return arrived;
    });
  }

  /** Records those files that have no row yet, or another one than this that fulfils `condition`; returns them. */
  async #upsert(db: Kysely<Tables>, projectId: number, files: readonly StoredFile[], condition: RawBuilder<unknown>) {
    if (files.length === 0) return [];
    const values = this.#rows(files.map(({ name, size, etag, uploadedAt }) => [name, size, etag, uploadedAt]));
    const { rows } = await sql<{ name: string; size: number; etag: string }>`
      insert into files (project_id, name, size, etag, uploaded_at)
      select cast(${projectId} as bigint), v.value ->> 0,
        cast(v.value ->> 1 as bigint), v.value ->> 2, cast(v.value ->> 3 as bigint)
      from ${values}
      where not coalesce((
        select known.size = cast(v.value ->> 1 as bigint) and known.etag = v.value ->> 2
          and known.uploaded_at = cast(v.value ->> 3 as bigint)
        from files known where known.project_id = ${projectId} and known.name = v.value ->> 0
      ), false) order by 2
      on conflict (project_id, name) do update
      set size = excluded.size, etag = excluded.etag, uploaded_at = excluded.uploaded_at
      where ${condition}
      returning name, size, etag
    `.execute(db);
    return rows;
  }

  /** Storage has these no longer, or can't give them back whole: those are `damaged`. */
  async forget(
    projectId: number,
    { lost = [], damaged = [] }: { lost?: readonly string[]; damaged?: readonly string[] },
  ): Promise<void> {
    const names = [...lost, ...damaged];
    if (names.length === 0) return;
    await this.#db.transaction().execute(async (db) => {
      const forgotten = await db
        .updateTable('files')
        .set({ size: null, etag: null, uploaded_at: null })
        .where('project_id', '=', projectId)
        .where('name', 'in', names)
        .where('uploaded_at', 'is not', null)
        .returning('name')
        .execute();
      await countFactsChange(db, [projectId]);
      const isDamaged = new Set(damaged);
      const files = forgotten.filter(({ name }) => isDamaged.has(name)).map(({ name }) => ({ file_name: name }));
      await recordFileEvents(db, this.#kind, { projectId, type: 'file.damaged', files });
    });
  }

  find(projectId: number, name: string): Promise<FileRow | undefined> {
    return this.#db
      .selectFrom('files')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  /** Those that an upload token asked for, in byte order, after `after`. */
  listOfToken(projectId: number, tokenId: number, { after, limit }: { after: string; limit: number }) {
    return this.#db
      .selectFrom('files')
      .innerJoin('upload_token_files', 'upload_token_files.name', 'files.name')
      .selectAll('files')
      .where('upload_token_files.token_id', '=', tokenId)
      .where('files.project_id', '=', projectId)
      .where('files.name', '>', after)
      .orderBy('files.name')
      .limit(limit)
      .execute();
  }

  /** In byte order, those after `after`. */
  list(projectId: number, { after, limit }: { after: string; limit: number }): Promise<FileRow[]> {
    return this.#db
      .selectFrom('files')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('name', '>', after)
      .orderBy('name')
      .limit(limit)
      .execute();
  }

  /** The first name after `after`, in byte order, of which storage has not said that it arrived. */
  async nextPending(projectId: number, after: string): Promise<string | undefined> {
    // By itself SQLite goes by the primary key, over every file that has arrived.
    const index = sql.raw(this.#kind === 'sqlite' ? 'indexed by files_pending' : '');
    const { rows } = await sql<{ name: string }>`
      select name from files ${index}
      where project_id = ${projectId} and uploaded_at is null and name > ${after} order by name limit 1
    `.execute(this.#db);
    return rows[0]?.name;
  }

  #rows(rows: Parameters<typeof jsonRows>[1]) {
    return jsonRows(this.#kind, rows);
  }
}

/** What is kept of the photos of these projects is out of date from now on. */
export async function countFactsChange(db: Kysely<Tables>, projectIds: readonly number[]): Promise<void> {
  await db
    .updateTable('projects')
    .set((row) => ({ facts_version: row('facts_version', '+', 1) }))
    .where('id', 'in', projectIds)
    .execute();
}

async function fileCount(db: Kysely<Tables>, projectId: number): Promise<number> {
  const project = db.selectFrom('projects').select('file_count').where('id', '=', projectId);
  return (await project.executeTakeFirstOrThrow()).file_count;
}

/**
 * A declared MD5 is replaced by who declared it: an API key, or the upload token that alone has asked for the name.
 * What a token declared ends when a key asks for the name. Many rows need a transaction to be
 * recorded all or none.
 */
export async function recordRequested(
  db: Kysely<Tables>,
  kind: DatabaseKind,
  { id: projectId, token, hasLink }: AskedBy & { hasLink: boolean },
  files: readonly RequestedFile[],
): Promise<void> {
  const tokenId = sql`cast(${token?.id ?? null} as bigint)`;
  const link = sql.raw(hasLink ? '1' : '0');
  const isSame = sql`(v.value ->> 1 is null or known.md5 = v.value ->> 1)`;
  const changesNothing =
    token === undefined
      ? sql`known.has_link >= ${link} and known.only_token_id is null and ${isSame}`
      : sql`known.has_link >= ${link} and
          (known.only_token_id is null or (known.only_token_id = ${tokenId} and ${isSame}))`;
  const change =
    token === undefined
      ? sql`only_token_id = null, md5 = case when files.only_token_id is null
          then coalesce(excluded.md5, files.md5) else excluded.md5 end`
      : sql`only_token_id = case when files.only_token_id = ${tokenId} then files.only_token_id end,
          md5 = case when files.only_token_id = ${tokenId} then coalesce(excluded.md5, files.md5) else files.md5 end`;
  await inStatements(kind, files, async (some) => {
    const rows = jsonRows(
      kind,
      some.map(({ name, md5 }) => [name, md5]),
    );
    await sql`
      insert into files (project_id, name, md5, only_token_id, has_link)
      select cast(${projectId} as bigint), v.value ->> 0, v.value ->> 1, ${tokenId}, ${link} from ${rows}
      where not coalesce((
        select ${changesNothing} from files known where known.project_id = ${projectId} and known.name = v.value ->> 0
      ), false) order by 2
      on conflict (project_id, name) do update
      set ${change}, has_link = case when files.has_link > excluded.has_link then files.has_link else excluded.has_link end
    `.execute(db);
  });
}
