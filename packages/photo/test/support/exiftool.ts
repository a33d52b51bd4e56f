import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ensurePackages, isOnPath, run, ToolMissingError } from '@darkslide/testkit';

/** Tags by "Group:Name", as numbers where they are. A tag that stands in a group more than once has several values. */
export type Answer = ReadonlyMap<string, readonly unknown[]>;

/** Installs ExifTool where it is missing; says loudly where that can't be done. */
export async function haveExifTool(t: TestContext): Promise<boolean> {
  try {
    await ensurePackages({ packages: ['libimage-exiftool-perl'], isThere: () => isOnPath('exiftool') });
    return true;
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    console.error(`\n!!! ${t.name}: NOT TESTED. ${error.message}\n`);
    t.skip(error.message);
    return false;
  }
}

/** A busy machine takes a tenth of a second a file. */
const TIMEOUT_MS = 9 * 60_000;

/** Asks ExifTool about many files at once. */
export async function exifTool(paths: readonly string[]): Promise<Map<string, Answer>> {
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-exiftool-'));
  try {
    const list = join(folder, 'files');
    await writeFile(list, paths.join('\n'));
    const { stdout } = await run('exiftool', ['-j', '-n', '-G1', '-a', '-fast', '-@', list], { timeoutMs: TIMEOUT_MS });
    const answers: Record<string, unknown>[] = JSON.parse(stdout);
    return new Map(answers.map((answer) => [String(answer.SourceFile), byName(answer)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function byName(answer: Record<string, unknown>): Answer {
  return new Map(Object.entries(answer).map(([name, value]) => [name, [value]]));
}
