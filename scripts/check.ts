/**
 * `npm run check`: what a change must pass before it is committed. Lint, types, what is unused, unit tests. It needs npm, and nothing
 * else, on Linux, macOS and Windows. Tests that need more skip themselves and say what.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, steps } from './run.ts';

const tests = globSync(
  ['packages/*/{src,test}/**/*.test.ts', 'testkit/**/*.test.ts', 'acceptance/*.test.ts', 'scripts/*.test.ts'],
  {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  },
);

/** Tests that Windows cannot run: they need the embedded store, which syncs folders and sets modes, or have slashes in paths. */
const NOT_ON_WINDOWS = /^packages\/(store\/|server\/.*\/(start|s3-object-store)\.test|client\/.*\/walk\.test)/;

/** Every test file, with slashes, that can run here. The others are named. */
function runnable(): string[] {
  const files = tests.map((file) => file.replaceAll('\\', '/'));
  if (process.platform !== 'win32') return files;
  const skipped = files.filter((file) => NOT_ON_WINDOWS.test(file));
  console.log(`Skipped on Windows, which cannot run the embedded store:\n  ${skipped.join('\n  ')}`);
  return files.filter((file) => !NOT_ON_WINDOWS.test(file));
}

/** Every test file is a process of its own: what one has compiled the others need not. */
const COMPILED = { NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled') };

await steps([
  { title: 'lint and format', run: () => run('biome', ['ci', '--error-on-warnings', '.']) },
  { title: 'types', run: () => run('tsc', ['--noEmit']) },
  { title: 'types of what also runs in browsers', run: () => run('tsc', ['--project', 'tsconfig.isomorphic.json']) },
  { title: 'unused exports and files', run: () => run('knip', ['--no-progress']) },
  {
    title: 'unit tests',
    run: () =>
      run('node', ['--import', './scripts/property-seed.ts', '--test', '--test-timeout=600000', ...runnable()], {
        env: COMPILED,
      }),
  },
]);
