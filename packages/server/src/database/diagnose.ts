import type { Diagnosis } from '../trouble/diagnosis.ts';
import { networkTrouble } from '../trouble/network.ts';
import type { DatabaseConfig } from './config.ts';

/** The oldest PostgreSQL that the server is meant for. */
export const OLDEST_POSTGRES = 14;

/** The database was written by a newer version of the program. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

/** PostgreSQL responds, but is older than `OLDEST_POSTGRES`. */
export class OldPostgresError extends Error {
  override readonly name = 'OldPostgresError';
  readonly version: string;

  constructor(version: string) {
    super(`PostgreSQL ${version} is too old.`);
    this.version = version;
  }
}

/** What an error that opening the database threw means, and how to fix it. */
export function diagnoseDatabase(error: unknown, config: DatabaseConfig): Diagnosis {
  const at = describeDatabase(config);
  if (error instanceof NewerDatabaseError) {
    return {
      problem: `${at} was written by a newer version of darkslide`,
      remedy: 'start that version, or restore a backup',
      lasting: true,
    };
  }
  return config.kind === 'sqlite' ? sqliteTrouble(error, at) : postgresTrouble(error, at);
}

/** How sentences call the database; without its password. */
export function describeDatabase(config: DatabaseConfig): string {
  if (config.kind === 'sqlite') return `The database ${config.path}`;
  if (!URL.canParse(config.url)) return 'The database of DATABASE_URL';
  const { host, pathname } = new URL(config.url);
  return `The database ${host}${pathname}`;
}

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const SQLITE: Record<number, { problem: string; remedy: string }> = {
  5: { problem: 'is locked by another program', remedy: 'stop that program' },
  8: { problem: "can't be written", remedy: 'give this user the file and its folder' },
  10: { problem: "can't be read or written", remedy: 'check the disk' },
  11: { problem: 'is damaged', remedy: 'restore a backup' },
  13: { problem: 'finds no space on the disk', remedy: 'make room' },
  14: { problem: "can't be opened", remedy: 'give this user the file and its folder' },
  26: { problem: 'is not a SQLite database', remedy: 'move the file away, or restore a backup' },
};

function sqliteTrouble(error: unknown, at: string): Diagnosis {
  const { errcode } = error as { errcode?: number };
  const { problem, remedy } = SQLITE[(errcode ?? 0) & 0xff] ?? { problem: 'failed', remedy: message(error) };
  return { problem: `${at} ${problem}`, remedy, lasting: false };
}

/** By PostgreSQL's codes (postgresql.org/docs/current/errcodes-appendix.html). */
const POSTGRES: Record<string, Diagnosis> = {
  '28P01': { problem: 'does not accept the password', remedy: 'check the one in DATABASE_URL', lasting: true },
  28000: {
    problem: 'does not let this user in',
    remedy: 'check the user in DATABASE_URL, sslmode, and pg_hba.conf',
    lasting: true,
  },
  '3D000': { problem: 'does not exist', remedy: 'create it, or check the name in DATABASE_URL', lasting: true },
  42501: {
    problem: 'does not let this user make tables',
    remedy: 'grant it CREATE on the schema, as in GRANT CREATE ON SCHEMA public TO …',
    lasting: true,
  },
  25006: { problem: 'can only be read', remedy: 'let DATABASE_URL name the primary', lasting: false },
  53300: {
    problem: 'has no connection left',
    remedy: 'raise its max_connections, or run fewer servers',
    lasting: false,
  },
  '57P03': { problem: 'is still starting', remedy: 'try again in a moment', lasting: false },
};

function postgresTrouble(error: unknown, at: string): Diagnosis {
  if (error instanceof OldPostgresError) {
    return {
      problem: `${at} runs on PostgreSQL ${error.version}`,
      remedy: `darkslide needs ${OLDEST_POSTGRES} or newer`,
      lasting: true,
    };
  }
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? POSTGRES[code] : undefined;
  if (known) return { ...known, problem: `${at} ${known.problem}` };
  const trouble = networkTrouble(error) ?? pgTrouble(message(error));
  if (trouble) {
    return { problem: `${at} ${trouble.problem}`, remedy: `${trouble.remedy} (DATABASE_URL)`, lasting: false };
  }
  return { problem: `${at} can't be used (${message(error)})`, remedy: 'check DATABASE_URL', lasting: false };
}

/** What `pg` says without a code. */
function pgTrouble(said: string): { problem: string; remedy: string } | undefined {
  if (/connection timeout|timeout exceeded when trying to connect/.test(said)) {
    return { problem: 'does not respond in time', remedy: 'check that it runs, its address, and the firewall' };
  }
  if (/does not support SSL/.test(said)) return { problem: 'does not speak TLS', remedy: 'take sslmode out' };
  if (/password must be a string/.test(said)) return { problem: 'asks for a password', remedy: 'add one' };
  if (/terminated unexpectedly/.test(said)) {
    return { problem: 'breaks connections off', remedy: 'check that PostgreSQL listens at this address' };
  }
  return undefined;
}

function message(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return message(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
