import { Kysely, sql } from 'kysely';
import type { DatabaseConfig } from './config.ts';
import { OLDEST_POSTGRES, OldPostgresError } from './diagnose.ts';
import { type DatabaseObserver, queryLog } from './observer.ts';
import { type PostgresOptions, postgres } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** `readOnly`: makes no SQLite file, and changes none. */
type ConnectOptions = DatabaseObserver & PostgresOptions & { readOnly?: boolean };

/** The database as it is: its tables may be of another version, or missing. It is opened at the first question. */
export function connectDatabase(
  config: DatabaseConfig,
  { readOnly = false, ...options }: ConnectOptions = {},
): { db: Kysely<Tables>; waiting: () => number } {
  const { dialect, waiting } =
    config.kind === 'sqlite'
      ? { dialect: sqliteDialect(config.path, { readOnly }), waiting: () => 0 }
      : postgres(config.url, options);
  return { db: new Kysely<Tables>({ dialect, ...queryLog(options) }), waiting };
}

/** PostgreSQL's version, as in `15.18`. @throws {OldPostgresError} */
export async function requireVersion(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db);
  const number = Number(rows[0]?.server_version_num);
  // Major × 10000 + minor; before version 10 the major had two numbers.
  const minor = number >= 100_000 ? number % 10_000 : Math.floor(number / 100) % 100;
  const version = `${Math.floor(number / 10_000)}.${minor}`;
  if (number < OLDEST_POSTGRES * 10_000) throw new OldPostgresError(version);
  return version;
}
