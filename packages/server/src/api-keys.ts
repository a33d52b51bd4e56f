/** The keys of accounts: an entry of its own, so that managing them does not load the server. */
import type { DatabaseConfig } from './database/config.ts';
import { ApiKeys } from './keys/api-keys.ts';
import { openDatabase } from './open-database.ts';

export type { CreateKey, KeyInfo, KeyScope } from './keys/api-keys.ts';
export { ApiKeys };

/**
 * Works with the keys of a database beside the servers that run on it, which know of every change at once.
 * @throws {Error} with one sentence for the operator where the database can't be used.
 */
export async function withApiKeys<Result>(
  config: DatabaseConfig,
  work: (keys: ApiKeys) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(config);
  try {
    return await work(new ApiKeys({ accounts: database.accounts, now: Date.now }));
  } finally {
    await database.close();
  }
}
