import type { Kysely } from 'kysely';
import type { ApiKeyRow, Tables } from '../database/tables.ts';

/** Without a scope the key may do everything. */
export type NewApiKey = Pick<ApiKeyRow, 'prefix' | 'hash' | 'created_at'> & Partial<Pick<ApiKeyRow, 'scope' | 'label'>>;
export type KeyOfAccount = ApiKeyRow & { account: string };

/** The account that the server makes by itself. Its id is 1, which PostgreSQL gives to the first row as well. */
const FIRST_ACCOUNT = 'first';

/** Accounts and the hashes of their API keys. */
export class AccountTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** The keys with this prefix, of which a server has hardly ever more than one, without those revoked. */
  workingKeys(prefix: string): Promise<ApiKeyRow[]> {
    return this.#db
      .selectFrom('api_keys')
      .selectAll()
      .where('prefix', '=', prefix)
      .where('revoked_at', 'is', null)
      .limit(10)
      .execute();
  }

  /** Those of one account, or of all, oldest first. */
  listKeys(account?: string): Promise<KeyOfAccount[]> {
    const keys = this.#keys().orderBy('api_keys.id');
    return (account === undefined ? keys : keys.where('accounts.name', '=', account)).execute();
  }

  /** Revokes the key with this prefix, unless it is, and returns it; undefined where there is none. */
  async revokeKey(prefix: string, now: number): Promise<KeyOfAccount | undefined> {
    await this.#db
      .updateTable('api_keys')
      .set({ revoked_at: now })
      .where('prefix', '=', prefix)
      .where('revoked_at', 'is', null)
      .execute();
    return await this.#keys().where('api_keys.prefix', '=', prefix).executeTakeFirst();
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

  /**
   * Makes `key` the first account's configured one. The one configured before it is known no longer, unless it was
   * revoked. Returns whether `key` works: false where it was revoked.
   */
  async setConfiguredKey(key: NewApiKey): Promise<boolean> {
    return await this.#db.transaction().execute(async (db) => {
      const account_id = await accountNamed(db, FIRST_ACCOUNT, key.created_at);
      await db
        .deleteFrom('api_keys')
        .where('origin', '=', 'configured')
        .where('hash', '!=', key.hash)
        .where('revoked_at', 'is', null)
        .execute();
      await insertKey(db, { ...key, account_id, origin: 'configured' });
      const known = db.selectFrom('api_keys').select('revoked_at').where('hash', '=', key.hash);
      return (await known.executeTakeFirstOrThrow()).revoked_at === null;
    });
  }

  /** Records `key` for the first account, unless that has one. Returns whether it did. */
  async addFirstKey(key: NewApiKey): Promise<boolean> {
    return await this.#db.transaction().execute(async (db) => {
      const account_id = await accountNamed(db, FIRST_ACCOUNT, key.created_at);
      const known = db.selectFrom('api_keys').select('id').where('account_id', '=', account_id).limit(1);
      if ((await known.executeTakeFirst()) !== undefined) return false;
      await insertKey(db, { ...key, account_id, origin: 'created' });
      return true;
    });
  }

  #keys() {
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .selectAll('api_keys')
      .select('accounts.name as account');
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
