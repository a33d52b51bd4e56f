import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/** What the heads of the files say, and of which content that was read. */
export async function photoFacts(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const nameType = kind === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const facts = db.schema
    .createTable('photo_facts')
    .addColumn('project_id', 'bigint', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('facts', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('photo_facts_primary_key', ['project_id', 'name'])
    .addForeignKeyConstraint('photo_facts_file', ['project_id', 'name'], 'files', ['project_id', 'name'], (key) =>
      key.onDelete('cascade'),
    );
  await (kind === 'sqlite' ? facts.modifyEnd(sql`without rowid`) : facts).execute();
  await db.schema.alterTable('files').addColumn('facts_etag', 'text').execute();
  await db.schema
    .alterTable('projects')
    .addColumn('facts_version', 'bigint', (version) => version.notNull().defaultTo(0))
    .execute();
  await sql`
    create index files_unread on files (project_id, name)
    where etag is not null and (facts_etag is null or facts_etag <> etag)
  `.execute(db);
}
