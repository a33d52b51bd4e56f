/**
 * `npm run check`: what a change must pass before it is committed. Lint, types, unit tests. It needs npm, and nothing
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

/** Tests that Windows cannot run, and why. */
const NOT_ON_WINDOWS = [
  { test: /^packages\/store\//, reason: 'the embedded store syncs folders and sets file modes' },
  { test: /^packages\/server\/.*\/(start|s3-object-store)\.test\.ts$/, reason: 'they start the embedded store' },
  { test: /^packages\/client\/.*\/walk\.test\.ts$/, reason: 'they compare paths that have slashes' },
];

/** Every test file, with slashes. What this system cannot run is left out, and said. */
function runnable(): string[] {
  const all = tests.map((file) => file.replaceAll('\\', '/'));
  if (process.platform !== 'win32') return all;
  const left = NOT_ON_WINDOWS.reduce((kept, { test, reason }) => {
    const out = kept.filter((file) => test.test(file));
    console.log(`Skipped on Windows, as ${reason}: ${out.join(', ')}`);
    return kept.filter((file) => !test.test(file));
  }, all);
  return left;
}

/** Every test file is a process of its own: what one has compiled the others need not. */
const COMPILED = { NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled') };

await steps([
  { title: 'lint and format', run: () => run('biome', ['ci', '--error-on-warnings', '.']) },
  { title: 'types', run: () => run('tsc', ['--noEmit']) },
  {
    title: 'unit tests',
    run: () =>
      run('node', ['--import', './scripts/property-seed.ts', '--test', '--test-timeout=600000', ...runnable()], {
        env: COMPILED,
      }),
  },
]);
