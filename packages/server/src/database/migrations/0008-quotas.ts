import { type Kysely, sql } from 'kysely';

/** Which projects of an account have names that have not arrived. */
export async function quotas(db: Kysely<unknown>): Promise<void> {
  await sql`create index projects_pending on projects (account_id) where file_count > arrived_count`.execute(db);
}
