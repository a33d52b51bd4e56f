import type { Family } from '@darkslide/contract';
import type { Kysely } from 'kysely';
import { isUniqueViolation } from './errors.ts';
import type { ProjectRow, Tables } from './tables.ts';

export type FileCounts = Pick<ProjectRow, 'id' | 'file_count' | 'arrived_count'>;

type Owner = { accountId: number; family: Family };

/** Projects. Every question names the account and the family, so that nobody sees another's. */
export class ProjectTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Answers false, and records nothing, where the account has a project of that name. */
  async add(owner: Owner, project: { uuid: string; name: string; now: number }): Promise<boolean> {
    try {
      await this.#db
        .insertInto('projects')
        .values({
          uuid: project.uuid,
          account_id: owner.accountId,
          family: owner.family,
          name: project.name,
          created_at: project.now,
        })
        .execute();
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
    const owned = this.#db.selectFrom('projects').where('account_id', '=', accountId).where('family', '=', family);
    const { total } = await owned.select((count) => count.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const projects = await owned.selectAll().orderBy('id', 'desc').offset(page.offset).limit(page.limit).execute();
    return { projects, total };
  }

  /** How many files these projects have by now, and how many of them arrived. */
  counts(ids: readonly number[]): Promise<FileCounts[]> {
    return this.#db
      .selectFrom('projects')
      .select(['id', 'file_count', 'arrived_count'])
      .where('id', 'in', ids)
      .execute();
  }

  /** Of these uuids, those that are projects of anyone. */
  idsOf(uuids: readonly string[]): Promise<Pick<ProjectRow, 'id' | 'uuid'>[]> {
    if (uuids.length === 0) return Promise.resolve([]);
    return this.#db.selectFrom('projects').select(['id', 'uuid']).where('uuid', 'in', uuids).execute();
  }
}
