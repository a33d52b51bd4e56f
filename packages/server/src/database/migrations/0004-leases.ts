import { type Kysely, sql } from 'kysely';

/** Who does the background work, and a quick way to the uploads whose completion or abort was not finished. */
export async function leases(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  const ending = sql.raw(`state in ('completing', 'aborting')`);
  await sql`create index multipart_uploads_ending on multipart_uploads (id) where ${ending}`.execute(db);
}
