import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { apiError } from '@darkslide/contract';
import type { AccountTable, NewApiKey } from './database/accounts.ts';
import { type DatabaseConfig, openDatabase } from './database/database.ts';

/** Characters of the hash that a key is looked up by. */
const PREFIX_LENGTH = 16;
/** The last use of a key is noted no more often than this, in milliseconds. */
const TOUCH_INTERVAL = 60 * 60_000;

export type Caller = { keyId: number; accountId: number };

/** The keys that accounts call with. Only their hashes are kept. */
export class ApiKeys {
  readonly #accounts: AccountTable;
  readonly #now: () => number;

  constructor({ accounts, now }: { accounts: AccountTable; now: () => number }) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** @throws {ApiError} invalid_api_key */
  async authenticate(key: string): Promise<Caller> {
    const { prefix, hash } = hashKey(key);
    for (const row of await this.#accounts.keysWithPrefix(prefix)) {
      if (!timingSafeEqual(Buffer.from(row.hash, 'hex'), Buffer.from(hash, 'hex'))) continue;
      if (this.#now() - (row.last_used_at ?? 0) > TOUCH_INTERVAL) await this.#accounts.touchKey(row.id, this.#now());
      return { keyId: row.id, accountId: row.account_id };
    }
    throw apiError('invalid_api_key', {});
  }

  /** A new key for the account of that name, and the account where there is none. It is not to be had again. */
  async create(account: string): Promise<string> {
    const key = newKey();
    await this.#accounts.addKey(account, this.#row(key));
    return key;
  }

  /**
   * Sees to it that the first account has a key: the configured one, or, where none is configured and it has none, a
   * new one. Answers that new one; it is not to be had again.
   */
  async ensureFirst(configured: string | undefined): Promise<string | undefined> {
    if (configured !== undefined) return void (await this.#accounts.setConfiguredKey(this.#row(configured)));
    const key = newKey();
    return (await this.#accounts.addFirstKey(this.#row(key))) ? key : undefined;
  }

  #row(key: string): NewApiKey {
    return { ...hashKey(key), created_at: this.#now() };
  }
}

/**
 * Makes an API key for the account of that name, and the account where there is none. A server on the same database
 * knows it at once. Answers the key, which is not to be had again.
 * @throws {Error} with one sentence for the operator where the database can't be used.
 */
export async function createApiKey(options: { database: DatabaseConfig; account: string }): Promise<string> {
  const database = await openDatabase(options.database);
  try {
    return await new ApiKeys({ accounts: database.accounts, now: Date.now }).create(options.account);
  } finally {
    await database.close();
  }
}

/** 256 bits that nobody guesses. */
const newKey = () => `dsk_${randomBytes(32).toString('base64url')}`;

function hashKey(key: string): { prefix: string; hash: string } {
  const hash = createHash('sha256').update(key).digest('hex');
  return { prefix: hash.slice(0, PREFIX_LENGTH), hash };
}
