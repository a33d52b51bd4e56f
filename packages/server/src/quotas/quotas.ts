import { ApiError, apiError } from '@darkslide/contract';
import { type Kysely, type SqlBool, sql } from 'kysely';
import type { Arrivals } from '../arrivals/arrivals.ts';
import type { Tables } from '../database/tables.ts';
import type { ProjectTable } from '../projects/project-table.ts';

/** What an account may have at once. */
export type QuotaLimits = {
  /** Names that were asked for and have not arrived. */
  pendingFiles: number;
  /** Upload tokens that work. */
  uploadTokens: number;
  /** Multipart uploads that have not ended. */
  openUploads: number;
};

export const DEFAULT_QUOTAS: QuotaLimits = { pendingFiles: 1_000_000, uploadTokens: 10_000, openUploads: 10_000 };

/** What each quota counts, and what helps where it is reached. */
const WORDS: Record<keyof QuotaLimits, { things: string; help: string }> = {
  pendingFiles: {
    things: 'files that were asked for and have not arrived',
    help: 'Send those that it has links for, or delete their names',
  },
  uploadTokens: { things: 'upload tokens that work', help: 'Revoke those that you no longer need' },
  openUploads: { things: 'open multipart uploads', help: 'Complete or abort others' },
};

/** To be called at the end of the transaction that adds something. @throws {ApiError} quota_reached */
export type QuotaCheck = (db: Kysely<Tables>) => Promise<void>;

/** Projects whose arrivals are looked up at once before a refusal. */
const PROJECTS_AT_ONCE = 32;
/** How long one request looks for arrivals before it is refused. */
const PATIENCE_MS = 5000;

type Options = { limits: QuotaLimits; projects: ProjectTable; arrivals: Arrivals; now: () => number };

/**
 * Holds accounts to their quotas. Each check locks the account's row and then counts, so that of requests at the same
 * time only as many succeed as there is room for. That lock is a transaction's last one: none waits for another.
 */
export class Quotas {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Does `work` with a check for pending names. Before a refusal, storage is asked what has arrived meanwhile. */
  async forNames<Result>(accountId: number, work: (check: QuotaCheck) => Promise<Result>): Promise<Result> {
    let isReached = false;
    const refuse = this.#check(accountId, 'pendingFiles', (db) => countPendingFiles(db, accountId));
    const check: QuotaCheck = (db) =>
      refuse(db).catch((error) => {
        isReached = error instanceof ApiError;
        throw error;
      });
    try {
      return await work(check);
    } catch (error) {
      if (!isReached) throw error;
      await this.#recordArrivals(accountId);
      return await work(check);
    }
  }

  forTokens(accountId: number): QuotaCheck {
    return this.#check(accountId, 'uploadTokens', (db) => countTokens(db, accountId, this.#options.now()));
  }

  forUploads(accountId: number): QuotaCheck {
    return this.#check(accountId, 'openUploads', (db) => countOpenUploads(db, accountId));
  }

  #check(accountId: number, quota: keyof QuotaLimits, count: (db: Kysely<Tables>) => Promise<number>): QuotaCheck {
    const most = this.#options.limits[quota];
    return async (db) => {
      // Changes nothing, and holds the row until the transaction ends.
      await db.updateTable('accounts').set({ name: sql`name` }).where('id', '=', accountId).execute();
      if ((await count(db)) > most) throw apiError('quota_reached', { most, ...WORDS[quota] });
    };
  }

  /** Goes on while more is found to have arrived, and no longer than a request may take. */
  async #recordArrivals(accountId: number): Promise<void> {
    const { projects, arrivals } = this.#options;
    const until = performance.now() + PATIENCE_MS;
    for (let found = true; found && performance.now() < until; ) {
      const pending = await projects.listPending(accountId, PROJECTS_AT_ONCE);
      const counts = await arrivals.count(pending);
      found = pending.some(({ id, arrived_count }) => (counts.get(id)?.arrived_count ?? 0) > arrived_count);
    }
  }
}

async function countPendingFiles(db: Kysely<Tables>, accountId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select cast(coalesce(sum(file_count - arrived_count), 0) as bigint) as count
    from projects where account_id = ${accountId} and file_count > arrived_count
  `.execute(db);
  return rows[0]?.count ?? 0;
}

async function countTokens(db: Kysely<Tables>, accountId: number, now: number): Promise<number> {
  const { count } = await db
    .selectFrom('upload_tokens')
    .innerJoin('api_keys', 'api_keys.id', 'upload_tokens.key_id')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('api_keys.account_id', '=', accountId)
    .where('api_keys.revoked_at', 'is', null)
    .where('upload_tokens.revoked_at', 'is', null)
    .where('upload_tokens.expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return count;
}

async function countOpenUploads(db: Kysely<Tables>, accountId: number): Promise<number> {
  const { count } = await db
    .selectFrom('multipart_uploads')
    .innerJoin('projects', 'projects.id', 'multipart_uploads.project_id')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('projects.account_id', '=', accountId)
    .where(sql<SqlBool>`state in ('open', 'completing', 'aborting')`)
    .executeTakeFirstOrThrow();
  return count;
}
