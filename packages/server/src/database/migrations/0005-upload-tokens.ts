import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/** Upload tokens, the names that each has asked for, and the multipart uploads that each has started. */
export async function uploadTokens(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const withId = <Table extends string>(table: CreateTableBuilder<Table>) =>
    kind === 'sqlite'
      ? table.addColumn('id', 'integer', (id) => id.primaryKey().autoIncrement())
      : table.addColumn('id', 'bigint', (id) => id.primaryKey().generatedByDefaultAsIdentity());

  await withId(db.schema.createTable('upload_tokens'))
    .addColumn('token_id', 'text', (column) => column.notNull().unique())
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('key_id', 'bigint', (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('project_id', 'bigint', (column) => column.notNull().references('projects.id'))
    .addColumn('allowed_names', 'text')
    .addColumn('max_bytes', 'bigint')
    .addColumn('max_files', 'bigint')
    .addColumn('bytes', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('files', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema.createIndex('upload_tokens_prefix').on('upload_tokens').column('prefix').execute();
  await db.schema.createIndex('upload_tokens_key').on('upload_tokens').column('key_id').execute();
  await db.schema.createIndex('upload_tokens_listing').on('upload_tokens').columns(['project_id', 'id']).execute();

  const files = db.schema
    .createTable('upload_token_files')
    .addColumn('token_id', 'bigint', (column) => column.notNull().references('upload_tokens.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('upload_token_files_primary_key', ['token_id', 'name']);
  await (kind === 'sqlite' ? files.modifyEnd(sql`without rowid`) : files).execute();

  const uploads = () => db.schema.alterTable('multipart_uploads');
  await uploads()
    .addColumn('token_id', 'bigint', (column) => column.references('upload_tokens.id').onDelete('set null'))
    .execute();
  await uploads().addColumn('part_size', 'bigint').execute();
  await sql`create index multipart_uploads_token on multipart_uploads (token_id) where token_id is not null`.execute(
    db,
  );
}
