/** `npm run check`: what a change must pass before it is committed. Lint, types, unit tests. */
import { globSync } from 'node:fs';
import { ROOT, run, steps } from './run.ts';

const tests = globSync(
  ['packages/*/{src,test}/**/*.test.ts', 'testkit/**/*.test.ts', 'acceptance/*.test.ts', 'scripts/*.test.ts'],
  {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  },
);

await steps([
  { title: 'lint and format', run: () => run('biome', ['ci', '--error-on-warnings', '.']) },
  { title: 'types', run: () => run('tsc', ['--noEmit']) },
  {
    title: 'unit tests',
    run: () => run('node', ['--import', './scripts/property-seed.ts', '--test', ...tests]),
  },
]);
