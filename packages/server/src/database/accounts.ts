import type { Kysely } from 'kysely';
import type { ApiKeyRow, Tables } from './tables.ts';

export type NewApiKey = Pick<ApiKeyRow, 'prefix' | 'hash'>;

/** Accounts and the hashes of their API keys. */
export class AccountTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  keysWithPrefix(prefix: string): Promise<ApiKeyRow[]> {
    return this.#db.selectFrom('api_keys').selectAll().where('prefix', '=', prefix).limit(10).execute();
  }

  async touchKey(id: number, now: number): Promise<void> {
    await this.#db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', id).execute();
  }

  /** Makes `key` the first account's only one, and the account where there is none. */
  async setFirstKey(key: NewApiKey, now: number): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const account_id = await firstAccount(db, now);
      await db.deleteFrom('api_keys').where('account_id', '=', account_id).where('hash', '!=', key.hash).execute();
      await db
        .insertInto('api_keys')
        .values({ ...key, account_id, created_at: now, last_used_at: null })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute();
    });
  }

  /** Records `key` for the first account unless any key exists. Answers whether it did. */
  async addFirstKey(key: NewApiKey, now: number): Promise<boolean> {
    return await this.#db.transaction().execute(async (db) => {
      const account_id = await firstAccount(db, now);
      const existing = await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
      if (existing !== undefined) return false;
      await db
        .insertInto('api_keys')
        .values({ ...key, account_id, created_at: now, last_used_at: null })
        .execute();
      return true;
    });
  }
}

/** Account 1. Holds its row until the transaction ends, so that servers that start together agree. */
async function firstAccount(db: Kysely<Tables>, now: number): Promise<number> {
  const { id } = await db
    .insertInto('accounts')
    .values({ id: 1, created_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ id: 1 }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
