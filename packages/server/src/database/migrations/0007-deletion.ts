import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/**
 * Names can go again: when they are deleted, when the last upload that asked for them is aborted, or when the token
 * that did is over. Projects that were deleted are remembered for as long as links of theirs may work.
 */
export async function deletion(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema.alterTable('projects').addColumn('deleted_at', 'bigint').execute();
  // For older names this is not known: they stay.
  await db.schema
    .alterTable('files')
    .addColumn('has_link', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
  const unused = sql.raw('only_token_id is not null and uploaded_at is null');
  await sql`create index files_of_one_token on files (only_token_id) where ${unused}`.execute(db);
  await sql`create index projects_deleted on projects (id) where deleted_at is not null`.execute(db);
  for (const statement of kind === 'sqlite' ? SQLITE : POSTGRES) await sql.raw(statement).execute(db);
}

const SQLITE = [
  `create trigger files_count_removed after delete on files begin
    update projects
    set file_count = file_count - 1, arrived_count = arrived_count - (old.uploaded_at is not null)
    where id = old.project_id;
  end`,
];

const POSTGRES = [
  `create function count_removed_files() returns trigger language plpgsql as $$ begin
    update projects
    set file_count = file_count - counted.files, arrived_count = arrived_count - counted.arrived
    from (select project_id, count(*) as files, count(uploaded_at) as arrived from removed group by 1) counted
    where id = counted.project_id;
    return null;
  end $$`,
  `create trigger files_count_removed after delete on files
  referencing old table as removed for each statement execute function count_removed_files()`,
];
