import type { Kysely } from 'kysely';

/** What the upload page calls the shoot of a token. */
export async function tokenTitles(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('upload_tokens').addColumn('title', 'text').execute();
}
