import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { apiError } from '@darkslide/contract';
import type { AccountTable, NewApiKey } from './database/accounts.ts';

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

  /**
   * Sees to it that the first account has a key: the configured one and no other, or, where none is configured and
   * none exists, a new one. Answers that new one; it is not to be had again.
   */
  async ensureFirst(configured: string | undefined): Promise<string | undefined> {
    if (configured !== undefined) {
      await this.#accounts.setFirstKey(hashKey(configured), this.#now());
      return undefined;
    }
    const key = `dsk_${randomBytes(32).toString('base64url')}`;
    const added = await this.#accounts.addFirstKey(hashKey(key), this.#now());
    return added ? key : undefined;
  }
}

function hashKey(key: string): NewApiKey {
  const hash = createHash('sha256').update(key).digest('hex');
  return { prefix: hash.slice(0, PREFIX_LENGTH), hash };
}
