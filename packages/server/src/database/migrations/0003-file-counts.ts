import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/**
 * How many files each project has, and how many arrived, kept by the database itself: counting a million rows at every
 * question takes longer than the rest of the response, and whatever writes files would have to remember to count.
 */
export async function fileCounts(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  for (const column of ['file_count', 'arrived_count'] as const) {
    await db.schema
      .alterTable('projects')
      .addColumn(column, 'bigint', (count) => count.notNull().defaultTo(0))
      .execute();
  }
  await sql`
    update projects set
      file_count = (select count(*) from files where project_id = projects.id),
      arrived_count = (select count(uploaded_at) from files where project_id = projects.id)
  `.execute(db);
  for (const statement of kind === 'sqlite' ? SQLITE : POSTGRES) await sql.raw(statement).execute(db);
}

const SQLITE = [
  `create trigger files_count_added after insert on files begin
    update projects
    set file_count = file_count + 1, arrived_count = arrived_count + (new.uploaded_at is not null)
    where id = new.project_id;
  end`,
  `create trigger files_count_changed after update of uploaded_at on files
  when (old.uploaded_at is null) <> (new.uploaded_at is null) begin
    update projects
    set arrived_count = arrived_count + (new.uploaded_at is not null) - (old.uploaded_at is not null)
    where id = new.project_id;
  end`,
];

/** Once a statement, not once a row. A statement that changes no count leaves the project alone. */
const POSTGRES = [
  `create function count_added_files() returns trigger language plpgsql as $$ begin
    update projects
    set file_count = file_count + counted.files, arrived_count = arrived_count + counted.arrived
    from (select project_id, count(*) as files, count(uploaded_at) as arrived from added group by 1) counted
    where id = counted.project_id;
    return null;
  end $$`,
  `create trigger files_count_added after insert on files
  referencing new table as added for each statement execute function count_added_files()`,

  `create function count_changed_files() returns trigger language plpgsql as $$ begin
    update projects set arrived_count = arrived_count + counted.arrived
    from (
      select project_id, sum(arrived) as arrived from (
        select project_id, 1 as arrived from after where uploaded_at is not null
        union all select project_id, -1 from before where uploaded_at is not null
      ) changed group by 1 having sum(arrived) <> 0
    ) counted
    where id = counted.project_id;
    return null;
  end $$`,
  `create trigger files_count_changed after update on files
  referencing old table as before new table as after for each statement execute function count_changed_files()`,
];
