/** The server's tests of what it does with PostgreSQL, on one of their own. */
import { globSync } from 'node:fs';
import { startPostgres } from '@darkslide/testkit';
import { ROOT, run } from './run.ts';

const tests = globSync('packages/server/src/{*,*/*}.test.ts', { cwd: ROOT })
  // Its before() starts servers of its own, all on SQLite.
  .filter((name) => !name.endsWith('/start.test.ts'));
const postgres = await startPostgres();
try {
  const env = { DATABASE_URL_TEST: postgres.url };
  await run('node', ['--test', '--test-timeout=600000', '--test-name-pattern=PostgreSQL', ...tests], { env });
} finally {
  await postgres.remove();
}
