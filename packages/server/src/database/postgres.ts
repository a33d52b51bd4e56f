import { type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';

/** Connections of one server, and how long (ms) a query waits for one, and runs. */
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT = 5000;
const QUERY_TIMEOUT = 30_000;

/** Kysely over `pg`, and how many queries wait for a connection. */
export function postgres(
  url: string,
  onIdleError: (error: Error) => void = () => {},
): { dialect: Dialect; waiting: () => number } {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: QUERY_TIMEOUT,
    query_timeout: QUERY_TIMEOUT + 1000,
    idle_in_transaction_session_timeout: QUERY_TIMEOUT,
    types: { getTypeParser },
  });
  // Without a listener, a connection that the database ends while it is idle would end the process.
  pool.on('error', onIdleError);
  return { dialect: new PostgresDialect({ pool }), waiting: () => pool.waitingCount };
}

/** bigint as number: sizes, moments and counts stay below 2^53. */
const getTypeParser = ((oid: number, format: 'text' | 'binary') =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;
