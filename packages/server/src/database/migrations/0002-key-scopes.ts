import type { Kysely } from 'kysely';

/** What a key may do, what it is called, and whether it was revoked. Keys from before may do everything. */
export async function keyScopes(db: Kysely<unknown>): Promise<void> {
  const keys = () => db.schema.alterTable('api_keys');
  await keys()
    .addColumn('scope', 'text', (column) => column.notNull().defaultTo('admin'))
    .execute();
  await keys().addColumn('label', 'text').execute();
  await keys().addColumn('revoked_at', 'bigint').execute();
}
