import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../tables.ts';

/**
 * Whether a project waits for files, in a column of its own, kept by the database. An index whose condition names the
 * counts has PostgreSQL write every index entry of a project again with each file that is asked for or arrives.
 */
export async function waitingProjects(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .alterTable('projects')
    .addColumn('waiting', 'integer', (waiting) => waiting.notNull().defaultTo(0))
    .execute();
  await sql`update projects set waiting = 1 where file_count > arrived_count`.execute(db);
  await sql`drop index projects_pending`.execute(db);
  await sql`create index projects_waiting on projects (id) where waiting = 1`.execute(db);
  await sql`create index projects_waiting_account on projects (account_id) where waiting = 1`.execute(db);
  for (const statement of kind === 'sqlite' ? SQLITE : POSTGRES) await sql.raw(statement).execute(db);
}

const SQLITE = [
  `create trigger projects_waiting after update of file_count, arrived_count on projects
  when (new.file_count > new.arrived_count) <> new.waiting begin
    update projects set waiting = (new.file_count > new.arrived_count) where id = new.id;
  end`,
];

const POSTGRES = [
  `create function note_waiting() returns trigger language plpgsql as $$ begin
    new.waiting = (new.file_count > new.arrived_count)::integer;
    return new;
  end $$`,
  `create trigger projects_waiting before update on projects
  for each row when ((new.file_count > new.arrived_count)::integer <> new.waiting) execute function note_waiting()`,
];
