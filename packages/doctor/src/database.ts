import { access, constants } from 'node:fs/promises';
import type { Tables } from '@darkslide/server/ports';
import {
  connectDatabase,
  type DatabaseConfig,
  describeDatabase,
  diagnoseDatabase,
  migrationState,
  requireVersion,
} from '@darkslide/server/ports';
import { type Kysely, sql } from 'kysely';
import { type Check, type CheckOptions, type Finding, makeChecks, type Outcome } from './check.ts';

const AREA = 'Database';

/** Asks a database everything that the server needs of it. Changes nothing in it, and makes none. */
export async function* checkDatabase(config: DatabaseConfig, options: CheckOptions): AsyncGenerator<Finding> {
  if (config.kind === 'sqlite' && !(await exists(config.path))) {
    const message = `${config.path} is not there yet; the first start makes it.`;
    yield { area: AREA, check: 'connection', status: 'ok', message, fixable: false };
    return;
  }
  const { db } = connectDatabase(config, { readOnly: true });
  const checks = config.kind === 'sqlite' ? sqliteChecks(db, config.path) : postgresChecks(db, config);
  try {
    yield* makeChecks({ area: AREA, checks, diagnose: (error) => diagnoseDatabase(error, config) }, options);
  } finally {
    await db.destroy();
  }
}

function sqliteChecks(db: Kysely<Tables>, path: string): Check[] {
  return [
    {
      name: 'connection',
      isFoundation: true,
      async ask() {
        const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
        // The version is the library's own; this asks the file.
        await db.introspection.getTables();
        return { status: 'ok', message: `${path} can be read, by SQLite ${rows[0]?.version}` };
      },
    },
    {
      name: 'writable',
      async ask() {
        const writable = await access(path, constants.W_OK).then(
          () => true,
          () => false,
        );
        if (writable) return { status: 'ok', message: 'This user may write it' };
        return { status: 'wrong', message: `This user may not write ${path}`, remedy: 'give the file to this user' };
      },
    },
    { name: 'migrations', ask: () => askMigrations(db) },
  ];
}

function postgresChecks(db: Kysely<Tables>, config: DatabaseConfig): Check[] {
  return [
    {
      name: 'connection',
      isFoundation: true,
      async ask() {
        await sql`select 1`.execute(db);
        return { status: 'ok', message: `${describeDatabase(config)} responds` };
      },
    },
    {
      name: 'version',
      isFoundation: true,
      ask: async () => ({ status: 'ok', message: `PostgreSQL ${await requireVersion(db)}` }),
    },
    { name: 'encoding', ask: () => askEncoding(db) },
    { name: 'writable', ask: () => askWritable(db) },
    { name: 'migrations', ask: () => askMigrations(db) },
  ];
}

async function askEncoding(db: Kysely<Tables>): Promise<Outcome> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db);
  const encoding = rows[0]?.server_encoding;
  if (encoding === 'UTF8') return { status: 'ok', message: 'UTF8' };
  const remedy = 'create the database with ENCODING UTF8, or names of other scripts are refused';
  return { status: 'warning', message: `The database's encoding is ${encoding}`, remedy };
}

async function askWritable(db: Kysely<Tables>): Promise<Outcome> {
  const { rows } = await sql<{ read_only: string; may_create: boolean | null }>`
    select current_setting('transaction_read_only') as read_only,
      has_schema_privilege(current_schema(), 'create') as may_create`.execute(db);
  const { read_only: readOnly, may_create: mayCreate } = rows[0] ?? {};
  if (readOnly !== 'off') {
    const remedy = 'let DATABASE_URL name the primary, and a user that may write';
    return { status: 'wrong', message: 'The database can only be read', remedy };
  }
  if (mayCreate !== true) {
    const remedy = 'grant it, as in GRANT CREATE ON SCHEMA public TO …';
    return { status: 'wrong', message: 'This user may make no tables', remedy };
  }
  return { status: 'ok', message: 'This user may write, and make tables' };
}

async function askMigrations(db: Kysely<Tables>): Promise<Outcome> {
  const { applied, pending } = await migrationState(db);
  if (pending === 0) return { status: 'ok', message: `All ${applied} are applied` };
  if (applied === 0) return { status: 'ok', message: 'The database is empty; the first start makes its tables' };
  const message = `${pending} of ${applied + pending} are not applied yet`;
  return { status: 'warning', message, remedy: 'make a backup; the next start of this version applies them' };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
