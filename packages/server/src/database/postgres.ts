import { setTimeout as sleep } from 'node:timers/promises';
import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isDatabaseUnavailable } from './errors.ts';
import type { DatabaseObserver } from './observer.ts';

/** Connections of one server. */
const MAX_CONNECTIONS = 10;
/** How long a query waits for one of them, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;
/** A database that restarts refuses connections for a moment: for how long, and how often, to try again. */
const RESTART_MS = 2000;
const PAUSE_MS = 100;
/** How long a statement may take. A little later the connection counts as dead. */
const STATEMENT_TIMEOUT_MS = 15_000;
const RESPONSE_MARGIN_MS = 1000;
/** No connection lives longer, in seconds, so that after a failover all of them lead to the new server. */
const MAX_LIFETIME_SECONDS = 600;

export type PostgresOptions = Pick<DatabaseObserver, 'onIdleError'> & {
  /** Milliseconds. */
  statementTimeoutMs?: number;
};

/**
 * Kysely over `pg`, and how many queries wait for a connection. Every wait has a deadline, and a connection that failed
 * once is not used again.
 */
export function postgres(
  url: string,
  { onIdleError = () => {}, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: PostgresOptions = {},
): { dialect: Dialect; waiting: () => number } {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + RESPONSE_MARGIN_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    keepAlive: true,
    types: { getTypeParser },
  });
  // Without listeners, a connection that the database ends would end the process: the pool speaks of idle ones only.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', onIdleError));
  const connect = async () => discardedWhenBroken(await connectPatiently(pool));
  const dialect = new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } });
  return { dialect, waiting: () => pool.waitingCount };
}

/** Of all that can fail, this alone is always safe to repeat: nothing was asked yet. */
async function connectPatiently(pool: pg.Pool): Promise<pg.PoolClient> {
  const deadline = performance.now() + RESTART_MS;
  for (;;) {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || performance.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** To the pool, a connection whose response never came is as good as any; the next query would wait behind it. */
function discardedWhenBroken(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      broken ||= isDatabaseUnavailable(error);
      throw error;
    }
  };
  // Kysely's other way to query, by a cursor, is never taken here.
  return { query: query as never, release: (destroy) => client.release(destroy || broken) };
}

/** bigint as number: sizes, moments and counts stay below 2^53. */
const getTypeParser = ((oid: number, format: 'text' | 'binary') =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;
