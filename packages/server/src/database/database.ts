import { Kysely, sql } from 'kysely';
import { AccountTable } from './accounts.ts';
import { type DatabaseClock, databaseClock } from './clock.ts';
import { FileTable } from './files.ts';
import { LeaseTable } from './leases.ts';
import { migrate } from './migrations.ts';
import { type DatabaseObserver, queryLog } from './observer.ts';
import { postgres } from './postgres.ts';
import { ProjectTable } from './projects.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { UploadTable } from './uploads.ts';

export type DatabaseConfig = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };

/** What the server remembers: intent (projects, names, open uploads), and a cache of what storage said. */
export type Database = {
  accounts: AccountTable;
  projects: ProjectTable;
  files: FileTable;
  uploads: UploadTable;
  leases: LeaseTable;
  /** Queries that wait for a free connection. */
  waiting(): number;
  /** Asks the database the smallest question. */
  check(): Promise<void>;
  close(): Promise<void>;
};

export type DatabaseOptions = DatabaseObserver & {
  /** For tests, in the place of the database's own. */
  clock?: DatabaseClock;
};

/**
 * Opens the database and brings its tables up to date.
 * @throws {Error} with one sentence for the operator where that fails.
 */
export async function openDatabase(
  config: DatabaseConfig,
  { clock = databaseClock(config.kind), ...observer }: DatabaseOptions = {},
): Promise<Database> {
  const { dialect, waiting } =
    config.kind === 'sqlite'
      ? { dialect: sqliteDialect(config.path), waiting: () => 0 }
      : postgres(config.url, observer.onIdleError);
  const db = new Kysely<Tables>({ dialect, ...queryLog(observer) });
  try {
    await migrate(db, config.kind);
    return {
      accounts: new AccountTable(db),
      projects: new ProjectTable(db),
      files: new FileTable(db, config.kind, observer.onArrived),
      uploads: new UploadTable(db, clock, observer.onArrived),
      leases: new LeaseTable(db, clock),
      waiting,
      check: async () => void (await sql`select 1`.execute(db)),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy().catch(() => {});
    const where = config.kind === 'sqlite' ? config.path : withoutPassword(config.url);
    throw new Error(`The database ${where} can't be used: ${reason(error)}.`, { cause: error });
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'of DATABASE_URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
