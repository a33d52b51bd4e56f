/** SQLite's primary result codes (sqlite.org/rescode.html) for a database that can't be used now. */
const SQLITE_UNAVAILABLE = new Set([5, 6, 8, 10, 11, 13, 14, 26]); // BUSY LOCKED READONLY IOERR CORRUPT FULL CANTOPEN NOTADB
/**
 * PostgreSQL's classes and codes for the same (postgresql.org/docs/current/errcodes-appendix.html): connection, refused
 * credentials, no such database, resources, operator intervention, system error, rolled back for another's sake, a
 * lock or an idle transaction timed out, and a server that has become a read-only replica.
 */
const POSTGRES_UNAVAILABLE = /^(08|28|3D|53|57|58|40|55P03|25P03|25006)/;
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** What `pg` and Kysely throw without a code when a connection is lost, or a transaction with it. */
const PG_MESSAGES = new RegExp(
  [
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Connection terminated',
    'Query read timeout',
    'is not queryable',
    'connection has been discarded',
    'Transaction was rolled back instead of committed',
    'after calling end on the pool',
  ].join('|'),
);

/** Whether a thrown error means that the database does not respond, rather than a mistake in a query. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return SQLITE_UNAVAILABLE.has(errcode & 0xff);
  if (typeof code === 'string') return NETWORK.has(code) || POSTGRES_UNAVAILABLE.test(code);
  return PG_MESSAGES.test(error.message);
}

/** Whether a row was refused because a unique value is taken. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === '23505' || errcode === 2067 || errcode === 1555;
}
