import { sql } from 'kysely';
import { FileTable } from './arrivals/file-table.ts';
import { type DatabaseClock, databaseClock } from './database/clock.ts';
import type { DatabaseConfig } from './database/config.ts';
import { connectDatabase, requireVersion } from './database/connect.ts';
import { diagnoseDatabase } from './database/diagnose.ts';
import { migrate } from './database/migrations.ts';
import type { DatabaseObserver } from './database/observer.ts';
import { EventTable } from './events/event-table.ts';
import { LeaseTable } from './jobs/lease-table.ts';
import { AccountTable } from './keys/account-table.ts';
import { UploadTable } from './multipart/upload-table.ts';
import { PhotoTable } from './photos/photo-table.ts';
import { ProjectTable } from './projects/project-table.ts';
import { QuotaTable } from './quotas/quota-table.ts';
import { UploadTokenTable } from './tokens/token-table.ts';
import { UnusableError } from './trouble/diagnosis.ts';

/** How long one statement of a migration may take, in milliseconds. */
const MIGRATION_TIMEOUT_MS = 60 * 60_000;

/** What the server remembers: intent (projects, names, open uploads), and a cache of what storage said. */
export type Database = {
  accounts: AccountTable;
  projects: ProjectTable;
  files: FileTable;
  photos: PhotoTable;
  uploads: UploadTable;
  events: EventTable;
  leases: LeaseTable;
  quotas: QuotaTable;
  uploadTokens: UploadTokenTable;
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
 * @throws {UnusableError} where that fails.
 */
export async function openDatabase(
  config: DatabaseConfig,
  { clock = databaseClock(config.kind), ...observer }: DatabaseOptions = {},
): Promise<Database> {
  const { db, waiting } = connectDatabase(config, observer);
  try {
    if (config.kind === 'postgres') await requireVersion(db);
    await bringUpToDate(config);
    return {
      accounts: new AccountTable(db),
      projects: new ProjectTable(db, config.kind),
      files: new FileTable(db, config.kind, observer.onArrived),
      photos: new PhotoTable(db, config.kind),
      uploads: new UploadTable(db, config.kind, clock, observer.onArrived),
      events: new EventTable(db),
      leases: new LeaseTable(db, clock),
      quotas: new QuotaTable(db),
      uploadTokens: new UploadTokenTable(db, config.kind),
      waiting,
      check: async () => void (await sql`select 1`.execute(db)),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy().catch(() => {});
    throw new UnusableError(diagnoseDatabase(error, config), { cause: error });
  }
}

/** Over connections of its own: a migration, and the wait for another server's, may take longer than any statement. */
async function bringUpToDate(config: DatabaseConfig): Promise<void> {
  const { db } = connectDatabase(config, { statementTimeoutMs: MIGRATION_TIMEOUT_MS });
  try {
    await migrate(db, config.kind);
  } finally {
    await db.destroy();
  }
}
