/** `npm run check`: what a change must pass before it is committed. Lint, types, unit tests. */
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

/** Every test file is a process of its own: what one has compiled the others need not. */
const COMPILED = { NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled') };

await steps([
  { title: 'lint and format', run: () => run('biome', ['ci', '--error-on-warnings', '.']) },
  { title: 'types', run: () => run('tsc', ['--noEmit']) },
  {
    title: 'unit tests',
    run: () =>
      run('node', ['--import', './scripts/property-seed.ts', '--test', '--test-timeout=600000', ...tests], {
        env: COMPILED,
      }),
  },
]);
