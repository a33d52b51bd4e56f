import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Database, openDatabase } from '../src/database/database.ts';

/** A new, empty database that is gone after the test. */
export async function openTestDatabase(t: TestContext): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-server-'));
  const database = await openDatabase({ kind: 'sqlite', path: join(folder, 'test.sqlite') });
  t.after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  return database;
}
