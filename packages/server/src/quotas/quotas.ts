import { ApiError, apiError } from '@darkslide/contract';
import type { Kysely } from 'kysely';
import type { Arrivals } from '../arrivals/arrivals.ts';
import type { Tables } from '../database/tables.ts';
import type { ProjectTable } from '../projects/project-table.ts';
import type { Quota, QuotaLimits, QuotaTable } from './quota-table.ts';

export const DEFAULT_QUOTAS: QuotaLimits = { pendingFiles: 1_000_000, uploadTokens: 10_000, openUploads: 10_000 };

/** What each quota counts, and what helps where it is reached. */
const WORDS: Record<Quota, { things: string; help: string }> = {
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

/**
 * As long as an account has this much left, its requests are not checked one by one: more than can be asked for while
 * what it has is remembered.
 */
const MARGINS: QuotaLimits = { pendingFiles: 500_000, uploadTokens: 5000, openUploads: 5000 };
const REMEMBERED_MS = 1000;
/** Accounts whose counts are remembered. */
const MAX_REMEMBERED = 10_000;

type Options = {
  limits: QuotaLimits;
  table: QuotaTable;
  projects: ProjectTable;
  arrivals: Arrivals;
  now: () => number;
};

/**
 * Holds accounts to their quotas. Near its limit, each check locks the account's row and then counts, so that of
 * requests at the same time only as many succeed as there is room for. That lock is a transaction's last one: none
 * waits for another. Far from it there is no check, since all requests of an account would wait for that row.
 */
export class Quotas {
  readonly #options: Options;
  readonly #remembered = new Map<string, { until: number; count: Promise<number> }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Does `work`, where needed with a check for pending names. Before a refusal, storage is asked what has arrived. */
  async forNames<Result>(accountId: number, work: (check?: QuotaCheck) => Promise<Result>): Promise<Result> {
    const refuse = await this.#checkOf(accountId, 'pendingFiles');
    if (refuse === undefined) return await work();
    let isReached = false;
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

  /** Undefined far from the limit. */
  forTokens(accountId: number): Promise<QuotaCheck | undefined> {
    return this.#checkOf(accountId, 'uploadTokens');
  }

  /** Undefined far from the limit. */
  forUploads(accountId: number): Promise<QuotaCheck | undefined> {
    return this.#checkOf(accountId, 'openUploads');
  }

  async #checkOf(accountId: number, quota: Quota): Promise<QuotaCheck | undefined> {
    const { limits, table, now } = this.#options;
    const most = limits[quota];
    const isFar = most >= MARGINS[quota] && most - (await this.#recent(accountId, quota)) >= MARGINS[quota];
    if (isFar) return undefined;
    return async (db) => {
      await table.lock(accountId, db);
      const count = await table.count(quota, { accountId, now: now(), db });
      if (count > most) throw apiError('quota_reached', { most, ...WORDS[quota] });
    };
  }

  /** How much the account had a moment ago. */
  #recent(accountId: number, quota: Quota): Promise<number> {
    const { table, now } = this.#options;
    const key = `${quota} ${accountId}`;
    const known = this.#remembered.get(key);
    if (known !== undefined && performance.now() < known.until) return known.count;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const count = table.count(quota, { accountId, now: now() });
    this.#remembered.set(key, { until: performance.now() + REMEMBERED_MS, count });
    count.catch(() => this.#remembered.delete(key));
    return count;
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
