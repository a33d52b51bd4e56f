import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { root } from '@darkslide/testkit';

const SAMPLES = join(root, '..', 'shared', 'photos');

/** Paths of real camera files, which do not belong to the project. Undefined, said loudly, where they are not there. */
export function samplePhotos(t: TestContext, names: readonly string[]): string[] | undefined {
  if (existsSync(SAMPLES)) return names.map((name) => join(SAMPLES, name));
  console.error(`\n!!! ${t.name}: NOT TESTED. There are no sample photos at ${SAMPLES}.\n`);
  t.skip(`no sample photos at ${SAMPLES}`);
  return undefined;
}
