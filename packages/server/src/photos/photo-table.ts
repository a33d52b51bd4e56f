import { type Kysely, type SqlBool, sql } from 'kysely';
import { countFactsChange } from '../arrivals/file-table.ts';
import { inStatements, jsonRows } from '../database/json-rows.ts';
import type { DatabaseKind, Tables } from '../database/tables.ts';

/** A file that has arrived and whose head was not read. */
export type UnreadPhoto = { projectId: number; projectUuid: string; name: string; size: number; etag: string };

/** What the head of a file said, as JSON, and whether storage has a thumbnail of it. */
export type ReadHead = { projectId: number; name: string; etag: string; facts: string; thumbnail: boolean };

export type PhotoRow = { name: string; size: number; facts: string };

/** Where a look over unread photos goes on. */
export type UnreadPosition = { projectId: number; name: string };

const IS_UNREAD = sql<SqlBool>`files.etag is not null and (files.facts_etag is null or files.facts_etag <> files.etag)`;

const HAS_THUMBNAIL = sql<SqlBool>`photo_facts.thumbnail = 1 and files.project_id = photo_facts.project_id
  and files.name = photo_facts.name and files.facts_etag = files.etag`;

/** What the heads of the files said. */
export class PhotoTable {
  readonly #db: Kysely<Tables>;
  readonly #kind: DatabaseKind;

  constructor(db: Kysely<Tables>, kind: DatabaseKind) {
    this.#db = db;
    this.#kind = kind;
  }

  /** Files that have arrived and were not read, after `after`, of whatever project. */
  async unread({ after, limit }: { after: UnreadPosition; limit: number }): Promise<UnreadPhoto[]> {
    // By itself SQLite goes by the primary key, over every file that was read.
    const index = sql.raw(this.#kind === 'sqlite' ? 'indexed by files_unread' : '');
    const { rows } = await sql<UnreadPhoto>`
      select files.project_id as "projectId", projects.uuid as "projectUuid", files.name as "name",
        files.size as "size", files.etag as "etag"
      from files ${index} cross join projects
      where ${IS_UNREAD} and projects.id = files.project_id
        and (files.project_id, files.name) > (${after.projectId}, ${after.name})
      order by files.project_id, files.name limit ${limit}
    `.execute(this.#db);
    return rows;
  }

  /** How many files of a project have arrived and were not read. */
  async unreadCount(projectId: number): Promise<number> {
    const index = sql.raw(this.#kind === 'sqlite' ? 'indexed by files_unread' : '');
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from files ${index} where ${IS_UNREAD} and project_id = ${projectId}
    `.execute(this.#db);
    return Number(rows[0]?.count ?? 0);
  }

  /** Records what was read, of those files that are still the same. */
  async save(heads: readonly ReadHead[]): Promise<void> {
    if (heads.length === 0) return;
    const sorted = heads.toSorted((a, b) => a.projectId - b.projectId || (a.name < b.name ? -1 : 1));
    await this.#db.transaction().execute(async (db) => {
      await inStatements(this.#kind, sorted, async (some) => {
        const rows = jsonRows(
          this.#kind,
          some.map(({ projectId, name, etag, facts, thumbnail }) => [projectId, name, etag, facts, Number(thumbnail)]),
        );
        const isSame = sql`files.project_id = cast(v.value ->> 0 as bigint) and files.name = v.value ->> 1
          and files.etag = v.value ->> 2`;
        await sql`
          insert into photo_facts (project_id, name, facts, thumbnail)
          select files.project_id, files.name, v.value ->> 3, cast(v.value ->> 4 as integer)
          from ${rows} cross join files where ${isSame}
          on conflict (project_id, name) do update set facts = excluded.facts, thumbnail = excluded.thumbnail
        `.execute(db);
        await sql`update files set facts_etag = etag from ${rows} where ${isSame}`.execute(db);
      });
      await countFactsChange(db, [...new Set(sorted.map(({ projectId }) => projectId))]);
    });
  }

  /** Which of these files have a thumbnail of what they are now. */
  async withThumbnail(projectId: number, names: readonly string[]): Promise<Set<string>> {
    const having = new Set<string>();
    await inStatements(this.#kind, names, async (some) => {
      const rows = jsonRows(
        this.#kind,
        some.map((name) => [name]),
      );
      const found = await sql<{ name: string }>`
        select files.name as "name" from ${rows} cross join files cross join photo_facts
        where files.project_id = ${projectId} and files.name = v.value ->> 0 and ${HAS_THUMBNAIL}
      `.execute(this.#db);
      for (const { name } of found.rows) having.add(name);
    });
    return having;
  }

  /** By the project's id: its first file that has a thumbnail, in byte order. */
  async firstThumbnails(projectIds: readonly number[]): Promise<Map<number, string>> {
    const rows = jsonRows(
      this.#kind,
      projectIds.map((id) => [id]),
    );
    const found = await sql<{ id: number; name: string | null }>`
      select cast(v.value ->> 0 as bigint) as "id", (
        select photo_facts.name from photo_facts cross join files
        where photo_facts.project_id = cast(v.value ->> 0 as bigint) and ${HAS_THUMBNAIL}
        order by photo_facts.name limit 1
      ) as "name" from ${rows}
    `.execute(this.#db);
    return new Map(found.rows.flatMap(({ id, name }) => (name === null ? [] : [[Number(id), name]])));
  }

  /** Counts the changes to what is known of a project's photos. */
  async version(projectId: number): Promise<number> {
    const project = this.#db.selectFrom('projects').select('facts_version').where('id', '=', projectId);
    return Number((await project.executeTakeFirst())?.facts_version ?? 0);
  }

  /** Files that have arrived and were read, in byte order, those after `after`. */
  list(projectId: number, { after, limit }: { after: string; limit: number }): Promise<PhotoRow[]> {
    return this.#db
      .selectFrom('files')
      .innerJoin('photo_facts', (join) =>
        join.onRef('photo_facts.project_id', '=', 'files.project_id').onRef('photo_facts.name', '=', 'files.name'),
      )
      .select(['files.name', 'photo_facts.facts'])
      .select((row) => row.ref('files.size').$notNull().as('size'))
      .where('files.project_id', '=', projectId)
      .where('files.name', '>', after)
      .where('files.etag', 'is not', null)
      .whereRef('files.facts_etag', '=', 'files.etag')
      .orderBy('files.name')
      .limit(limit)
      .execute();
  }
}
