import type { Kysely } from 'kysely';
import type { ApiKeyRow, Tables } from './tables.ts';

export type NewApiKey = Pick<ApiKeyRow, 'prefix' | 'hash' | 'created_at'>;

/** The account that the server makes by itself. Its id is 1, which PostgreSQL gives to the first row as well. */
const FIRST_ACCOUNT = 'first';

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

  /** Records a key for the account of that name, and the account where there is none. */
  async addKey(account: string, key: NewApiKey): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await insertKey(db, { ...key, account_id: await accountNamed(db, account, key.created_at), origin: 'created' });
    });
  }

  /** Makes `key` the first account's configured one. The one configured before it is known no longer. */
  async setConfiguredKey(key: NewApiKey): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const account_id = await accountNamed(db, FIRST_ACCOUNT, key.created_at);
      await db.deleteFrom('api_keys').where('origin', '=', 'configured').where('hash', '!=', key.hash).execute();
      await insertKey(db, { ...key, account_id, origin: 'configured' });
    });
  }

  /** Records `key` for the first account, unless that has one. Answers whether it did. */
  async addFirstKey(key: NewApiKey): Promise<boolean> {
    return await this.#db.transaction().execute(async (db) => {
      const account_id = await accountNamed(db, FIRST_ACCOUNT, key.created_at);
      const known = db.selectFrom('api_keys').select('id').where('account_id', '=', account_id).limit(1);
      if ((await known.executeTakeFirst()) !== undefined) return false;
      await insertKey(db, { ...key, account_id, origin: 'created' });
      return true;
    });
  }
}

/** The account's id. Holds its row until the transaction ends, so that servers that start together agree. */
async function accountNamed(db: Kysely<Tables>, name: string, now: number): Promise<number> {
  const { id } = await db
    .insertInto('accounts')
    .values({ name, created_at: now })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ name }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function insertKey(db: Kysely<Tables>, key: NewApiKey & Pick<ApiKeyRow, 'account_id' | 'origin'>): Promise<void> {
  await db
    .insertInto('api_keys')
    .values({ ...key, last_used_at: null })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}
