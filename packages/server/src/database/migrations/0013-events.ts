import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/** What happened in the projects. Events outlive their projects, and refer to no row. */
export async function events(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema.createTable('events');
  const withId =
    kind === 'sqlite'
      ? table.addColumn('id', 'integer', (id) => id.primaryKey().autoIncrement())
      : table.addColumn('id', 'bigint', (id) => id.primaryKey().generatedByDefaultAsIdentity());
  await withId
    .addColumn('uuid', 'text', (column) => column.notNull())
    .addColumn('account_id', 'bigint', (column) => column.notNull())
    .addColumn('project_uuid', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('position', 'bigint')
    .execute();
  await sql`create index events_without_position on events (account_id, id) where position is null`.execute(db);
  await sql`create unique index events_position on events (account_id, position) where position is not null`.execute(
    db,
  );
  await db.schema
    .alterTable('accounts')
    .addColumn('last_position', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}
