import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ensurePackages, isOnPath, run, ToolMissingError } from '@darkslide/testkit';

/** Tags by "Group:Name", as numbers where they are. A tag that a group has more than once has several values. */
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

/** A busy machine takes half a second a file. */
const TIMEOUT_MS = 20 * 60_000;
const AT_ONCE = 2;

/** Asks ExifTool about many files at once. */
export async function exifTool(paths: readonly string[]): Promise<Map<string, Answer>> {
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-exiftool-'));
  try {
    const shares = Array.from({ length: AT_ONCE }, (_, index) => paths.filter((_, at) => at % AT_ONCE === index));
    const answers = await Promise.all(shares.map((share, index) => ask(share, join(folder, `files-${index}`))));
    return new Map(answers.flat().map((answer) => [String(answer.SourceFile), byName(answer)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(paths: readonly string[], list: string): Promise<Record<string, unknown>[]> {
  await writeFile(list, paths.join('\n'));
  const options = ['-j', '-n', '-G1', '-a', '-e', '-fast', '-@', list];
  const { stdout } = await run('exiftool', options, { timeoutMs: TIMEOUT_MS });
  return JSON.parse(stdout);
}

function byName(answer: Record<string, unknown>): Answer {
  return new Map(Object.entries(answer).map(([name, value]) => [name, [value]]));
}
