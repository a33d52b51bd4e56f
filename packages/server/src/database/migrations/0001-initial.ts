import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/** Accounts and their keys, projects, the files asked for, and multipart uploads. */
export async function initial(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const withId = <Table extends string>(table: CreateTableBuilder<Table>) =>
    kind === 'sqlite'
      ? table.addColumn('id', 'integer', (id) => id.primaryKey().autoIncrement())
      : table.addColumn('id', 'bigint', (id) => id.primaryKey().generatedByDefaultAsIdentity());
  // Storage lists keys by the bytes of their UTF-8, whatever the database's locale. SQLite compares so by itself.
  const nameType = kind === 'sqlite' ? sql`text` : sql`text collate "C"`;

  await withId(db.schema.createTable('accounts'))
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();

  await withId(db.schema.createTable('api_keys'))
    .addColumn('account_id', 'bigint', (column) => column.notNull().references('accounts.id'))
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute();
  await db.schema.createIndex('api_keys_prefix').on('api_keys').column('prefix').execute();

  await withId(db.schema.createTable('projects'))
    .addColumn('uuid', 'text', (column) => column.notNull().unique())
    .addColumn('account_id', 'bigint', (column) => column.notNull().references('accounts.id'))
    .addColumn('family', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('projects_account_name', ['account_id', 'name'])
    .execute();
  await db.schema.createIndex('projects_listing').on('projects').columns(['account_id', 'family', 'id']).execute();

  const files = db.schema
    .createTable('files')
    .addColumn('project_id', 'bigint', (column) => column.notNull().references('projects.id'))
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('md5', 'text')
    .addColumn('size', 'bigint')
    .addColumn('etag', 'text')
    .addColumn('uploaded_at', 'bigint')
    .addPrimaryKeyConstraint('files_primary_key', ['project_id', 'name']);
  await (kind === 'sqlite' ? files.modifyEnd(sql`without rowid`) : files).execute();
  await sql`create index files_pending on files (project_id, name) where uploaded_at is null`.execute(db);

  await withId(db.schema.createTable('multipart_uploads'))
    .addColumn('project_id', 'bigint', (column) => column.notNull().references('projects.id'))
    .addColumn('upload_id', 'text', (column) => column.notNull())
    .addColumn('file_name', 'text', (column) => column.notNull())
    .addColumn('part_count', 'integer', (column) => column.notNull())
    .addColumn('declared_size', 'bigint')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('busy_until', 'bigint')
    .addColumn('size', 'bigint')
    .addColumn('etag', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('links_issued_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('multipart_uploads_upload_id', ['project_id', 'upload_id'])
    .execute();
  const unfinished = sql.raw(`state in ('open', 'completing', 'aborting')`);
  await sql`create index multipart_uploads_open on multipart_uploads (project_id, id) where ${unfinished}`.execute(db);
  await sql`create index multipart_uploads_idle on multipart_uploads (links_issued_at) where ${unfinished}`.execute(db);
}
