import { apiError, type KeyScope } from '@darkslide/contract';
import { hashSecret, isSameHash, newSecret } from '../base/secrets.ts';
import type { AccountTable, KeyOfAccount, NewApiKey } from './account-table.ts';

export type { KeyScope };

/** The last use of a key is noted no more often than this, in milliseconds. */
const TOUCH_INTERVAL_MS = 60 * 60_000;

export type KeyCaller = {
  kind: 'key';
  keyId: number /** Names the key in logs, and tells nothing of it. */;
  prefix: string;
  accountId: number;
  scope: KeyScope;
};

/** What can be shown of a key. The key itself can't: it is kept nowhere. */
export type KeyInfo = {
  /** Identifies the key, and tells nothing of it: the first 16 hex digits of its SHA-256. */
  keyId: string;
  account: string;
  scope: KeyScope;
  label: string | null;
  createdAt: Date;
  /** To the hour; null where it never was used. */
  lastUsedAt: Date | null;
  /** Null while it works. */
  revokedAt: Date | null;
};

export type CreateKey = { account: string; scope?: KeyScope | undefined; label?: string | undefined };

/** The keys that accounts call with. Only their hashes are kept. */
export class ApiKeys {
  readonly #accounts: AccountTable;
  readonly #now: () => number;

  constructor({ accounts, now }: { accounts: AccountTable; now: () => number }) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** Asks the database every time, so that a revoked key works nowhere any more. @throws {ApiError} invalid_api_key */
  async authenticate(key: string): Promise<KeyCaller> {
    const { prefix, hash } = hashSecret(key);
    for (const row of await this.#accounts.workingKeys(prefix)) {
      if (!isSameHash(row.hash, hash)) continue;
      if (this.#now() - (row.last_used_at ?? 0) > TOUCH_INTERVAL_MS) await this.#accounts.touchKey(row.id, this.#now());
      return { kind: 'key', keyId: row.id, prefix, accountId: row.account_id, scope: row.scope };
    }
    throw apiError('invalid_api_key', {});
  }

  /** A new key for the account of that name, and the account where there is none. The key cannot be read again. */
  async create({ account, scope = 'admin', label }: CreateKey): Promise<{ key: string; keyId: string }> {
    const key = newSecret('dsk');
    const row = { ...this.#row(key), scope, label: label ?? null };
    await this.#accounts.addKey(account, row);
    return { key, keyId: row.prefix };
  }

  /** The keys of one account or of all, revoked ones too, oldest first. */
  async list({ account }: { account?: string | undefined } = {}): Promise<KeyInfo[]> {
    return (await this.#accounts.listKeys(account)).map(keyInfo);
  }

  /** The key works no more, on any node, nor do the upload tokens that it minted. Undefined where there is none. */
  async revoke(keyId: string): Promise<KeyInfo | undefined> {
    const row = await this.#accounts.revokeKey(keyId, this.#now());
    return row && keyInfo(row);
  }

  /**
   * Sees to it that the first account has a key: the configured one, or, where none is configured and it has none, a
   * new one. Returns that new one, which cannot be read again.
   * @throws {Error} where the configured one was revoked.
   */
  async ensureFirst(configured: string | undefined): Promise<string | undefined> {
    if (configured === undefined) {
      const key = newSecret('dsk');
      return (await this.#accounts.addFirstKey(this.#row(key))) ? key : undefined;
    }
    const works = await this.#accounts.setConfiguredKey(this.#row(configured));
    if (!works) throw new Error('The configured API key was revoked. Configure another one, or none.');
    return undefined;
  }

  #row(key: string): NewApiKey {
    return { ...hashSecret(key), created_at: this.#now() };
  }
}

const moment = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds));

const keyInfo = (row: KeyOfAccount): KeyInfo => ({
  keyId: row.prefix,
  account: row.account,
  scope: row.scope,
  label: row.label,
  createdAt: new Date(row.created_at),
  lastUsedAt: moment(row.last_used_at),
  revokedAt: moment(row.revoked_at),
});
