import type { Family } from '@darkslide/contract';
import type { Kysely } from 'kysely';
import { isUniqueViolation } from '../database/errors.ts';
import type { DatabaseKind, ProjectRow, Tables } from '../database/tables.ts';
import { recordEvents } from '../events/record-events.ts';

export type FileCounts = Pick<ProjectRow, 'id' | 'file_count' | 'arrived_count'>;

type Owner = { accountId: number; family: Family };

/** Projects. Every question names the account and the family, so that no account sees another's. */
export class ProjectTable {
  readonly #db: Kysely<Tables>;
  readonly #kind: DatabaseKind;

  constructor(db: Kysely<Tables>, kind: DatabaseKind) {
    this.#db = db;
    this.#kind = kind;
  }

  /** Returns false, and records nothing, where the account has a project of that name. */
  async add(owner: Owner, project: { uuid: string; name: string; now: number }): Promise<boolean> {
    try {
      await this.#db.transaction().execute(async (db) => {
        const { id } = await db
          .insertInto('projects')
          .values({
            uuid: project.uuid,
            account_id: owner.accountId,
            family: owner.family,
            name: project.name,
            created_at: project.now,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        const data = { name: project.name, flow: owner.family };
        await recordEvents(db, this.#kind, { projectId: id, type: 'project.created', data: [data] });
      });
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  find({ accountId, family }: Owner, by: { uuid: string } | { name: string }): Promise<ProjectRow | undefined> {
    const [column, value] = 'uuid' in by ? (['uuid', by.uuid] as const) : (['name', by.name] as const);
    return this.#db
      .selectFrom('projects')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('family', '=', family)
      .where(column, '=', value)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
  }

  /** Whether the account has a project of that name, in any family. */
  async hasName(accountId: number, name: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('projects')
      .select('id')
      .where('account_id', '=', accountId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** One page, newest first, and how many there are. */
  async list({ accountId, family }: Owner, page: { offset: number; limit: number }) {
    const owned = this.#db
      .selectFrom('projects')
      .where('account_id', '=', accountId)
      .where('family', '=', family)
      .where('deleted_at', 'is', null);
    const { total } = await owned.select((count) => count.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const projects = await owned.selectAll().orderBy('id', 'desc').offset(page.offset).limit(page.limit).execute();
    return { projects, total };
  }

  /** Projects of an account with names that have not arrived, those with the most first. */
  listPending(accountId: number, limit: number): Promise<ProjectRow[]> {
    return this.#db
      .selectFrom('projects')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('waiting', '=', 1)
      .orderBy((row) => row('file_count', '-', row.ref('arrived_count')), 'desc')
      .limit(limit)
      .execute();
  }

  /** Projects of anyone that wait for files, newest first. */
  newestWaiting(limit: number): Promise<ProjectRow[]> {
    return this.#waiting().orderBy('id', 'desc').limit(limit).execute();
  }

  /** The same, oldest first, after the one whose id is `after`. */
  listWaiting({ after, limit }: { after: number; limit: number }): Promise<ProjectRow[]> {
    return this.#waiting().where('id', '>', after).orderBy('id').limit(limit).execute();
  }

  #waiting() {
    return this.#db.selectFrom('projects').selectAll().where('waiting', '=', 1).where('deleted_at', 'is', null);
  }

  /** How many files these projects have by now, and how many of them arrived. */
  counts(ids: readonly number[]): Promise<FileCounts[]> {
    return this.#db
      .selectFrom('projects')
      .select(['id', 'file_count', 'arrived_count'])
      .where('id', 'in', ids)
      .execute();
  }

  /**
   * Removes all that is known of a project but its uuid; its name may be taken again. Removes some of its files at a
   * time, and returns whether that was all.
   */
  async remove({ id, uuid }: ProjectRow, { now, limit }: { now: number; limit: number }): Promise<boolean> {
    const some = this.#db.selectFrom('files').select('name').where('project_id', '=', id).limit(limit);
    const { numDeletedRows } = await this.#db
      .deleteFrom('files')
      .where('project_id', '=', id)
      .where('name', 'in', some)
      .executeTakeFirst();
    if (numDeletedRows > 0n) return false;
    await this.#db.transaction().execute(async (db) => {
      // No name that a project can have.
      const gone = { name: `\u007f${uuid}`, deleted_at: now };
      await db.updateTable('projects').set(gone).where('id', '=', id).where('deleted_at', 'is', null).execute();
      await db.deleteFrom('multipart_uploads').where('project_id', '=', id).execute();
      const tokens = db.selectFrom('upload_tokens').select('id').where('project_id', '=', id);
      await db.deleteFrom('upload_token_files').where('token_id', 'in', tokens).execute();
      await db.deleteFrom('upload_tokens').where('project_id', '=', id).execute();
      await db.deleteFrom('files').where('project_id', '=', id).execute();
    });
    return true;
  }

  /** Those that were deleted, oldest first, after the one whose id is `after`. */
  listDeleted({ after, limit }: { after: number; limit: number }): Promise<ProjectRow[]> {
    return this.#db
      .selectFrom('projects')
      .selectAll()
      .where('deleted_at', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  /** Nothing of it can come any more. */
  async forget(id: number): Promise<void> {
    await this.#db.deleteFrom('projects').where('id', '=', id).where('deleted_at', 'is not', null).execute();
  }

  /** Of these uuids, those that are projects of anyone. */
  idsOf(uuids: readonly string[]): Promise<Pick<ProjectRow, 'id' | 'uuid'>[]> {
    if (uuids.length === 0) return Promise.resolve([]);
    return this.#db.selectFrom('projects').select(['id', 'uuid']).where('uuid', 'in', uuids).execute();
  }
}
