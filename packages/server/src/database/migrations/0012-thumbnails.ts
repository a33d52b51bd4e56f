import { type Kysely, sql } from 'kysely';

/** Whether storage has a thumbnail of a photo. */
export async function thumbnails(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('photo_facts')
    .addColumn('thumbnail', 'integer', (thumbnail) => thumbnail.notNull().defaultTo(0))
    .execute();
  await sql`create index photo_facts_thumbnail on photo_facts (project_id, name) where thumbnail = 1`.execute(db);
}
