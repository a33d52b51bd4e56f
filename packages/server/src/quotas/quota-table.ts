import { type Kysely, type SqlBool, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** What an account may have at once. */
export type QuotaLimits = {
  /** Names that were asked for and have not arrived. */
  pendingFiles: number;
  /** Upload tokens that work. */
  uploadTokens: number;
  /** Multipart uploads that have not ended. */
  openUploads: number;
};

export type Quota = keyof QuotaLimits;

/** Counts what accounts have. */
export class QuotaTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** @param db a transaction, whose own changes are counted too. */
  async count(
    quota: Quota,
    { accountId, now, db = this.#db }: { accountId: number; now: number; db?: Kysely<Tables> },
  ): Promise<number> {
    const { rows } = await COUNTS[quota](accountId, now).execute(db);
    return Number(rows[0]?.count ?? 0);
  }

  /** Has others of the account that do the same wait until the transaction ends. */
  async lock(accountId: number, db: Kysely<Tables>): Promise<void> {
    await db.updateTable('accounts').set({ name: sql`name` }).where('id', '=', accountId).execute();
  }
}

type Count = { count: number };
const IS_UNFINISHED = sql<SqlBool>`state in ('open', 'completing', 'aborting')`;

const COUNTS = {
  pendingFiles: (accountId: number) => sql<Count>`
    select cast(coalesce(sum(file_count - arrived_count), 0) as bigint) as count
    from projects where account_id = ${accountId} and waiting = 1`,
  uploadTokens: (accountId: number, now: number) => sql<Count>`
    select count(*) as count from upload_tokens join api_keys on api_keys.id = upload_tokens.key_id
    where api_keys.account_id = ${accountId} and api_keys.revoked_at is null
      and upload_tokens.revoked_at is null and upload_tokens.expires_at > ${now}`,
  openUploads: (accountId: number) => sql<Count>`
    select count(*) as count from multipart_uploads join projects on projects.id = multipart_uploads.project_id
    where projects.account_id = ${accountId} and ${IS_UNFINISHED}`,
};
