import { type Kysely, sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import { NewerDatabaseError } from './diagnose.ts';
import { initial } from './migrations/0001-initial.ts';
import { keyScopes } from './migrations/0002-key-scopes.ts';
import { fileCounts } from './migrations/0003-file-counts.ts';
import { leases } from './migrations/0004-leases.ts';
import { uploadTokens } from './migrations/0005-upload-tokens.ts';
import { tokenFiles } from './migrations/0006-token-files.ts';
import { deletion } from './migrations/0007-deletion.ts';
import { quotas } from './migrations/0008-quotas.ts';
import { tokenTitles } from './migrations/0009-token-titles.ts';
import { photoFacts } from './migrations/0010-photo-facts.ts';
import { waitingProjects } from './migrations/0011-waiting-projects.ts';
import { thumbnails } from './migrations/0012-thumbnails.ts';
import { events } from './migrations/0013-events.ts';
import type { DatabaseKind, Tables } from './tables.ts';

/**
 * Forward only; a migration that was released is never edited. They run in the order of their names. Servers of the
 * version before run on meanwhile, until they are replaced one by one: what they read and write has to stay possible.
 */
const MIGRATIONS: Record<string, (db: Kysely<unknown>, kind: DatabaseKind) => Promise<void>> = {
  '0001-initial': initial,
  '0002-key-scopes': keyScopes,
  '0003-file-counts': fileCounts,
  '0004-leases': leases,
  '0005-upload-tokens': uploadTokens,
  '0006-token-files': tokenFiles,
  '0007-deletion': deletion,
  '0008-quotas': quotas,
  '0009-token-titles': tokenTitles,
  '0010-photo-facts': photoFacts,
  '0011-waiting-projects': waitingProjects,
  '0012-thumbnails': thumbnails,
  '0013-events': events,
};

/**
 * Brings the tables up to date, in one transaction. Servers that start at the same moment wait for each other.
 * @throws {NewerDatabaseError} where the database was written by a newer version, and what a migration threw.
 */
export async function migrate(db: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, run]): [string, Migration] => [
      name,
      { up: (db: Kysely<unknown>) => run(db, kind) },
    ]),
  );
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    throw new NewerDatabaseError('The database has migrations that this version does not know.', { cause: error });
  }
  throw error;
}

/**
 * How many migrations the database has, and how many it still needs. Changes nothing.
 * @throws {NewerDatabaseError}
 */
export async function migrationState(db: Kysely<Tables>): Promise<{ applied: number; pending: number }> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) {
    return { applied: 0, pending: Object.keys(MIGRATIONS).length };
  }
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  if (rows.some(({ name }) => !(name in MIGRATIONS))) {
    throw new NewerDatabaseError('The database has migrations that this version does not know.');
  }
  return { applied: rows.length, pending: Object.keys(MIGRATIONS).length - rows.length };
}
