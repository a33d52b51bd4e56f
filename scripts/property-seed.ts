/**
 * Loaded before the unit tests: property tests take their seed from the commit. Every commit tries other cases, and a
 * commit that passed passes again. A single test file that is run by itself draws at random.
 */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { ROOT } from './run.ts';

try {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  fc.configureGlobal({ seed: Number.parseInt(commit.slice(0, 7), 16) });
} catch {
  // Sources without a history draw at random.
}
