import type { Kysely } from 'kysely';

/** Which names are an upload token's alone. For older names this is not known. */
export async function tokenFiles(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('files').addColumn('only_token_id', 'bigint').execute();
}
