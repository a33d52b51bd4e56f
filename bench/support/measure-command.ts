import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages, isOnPath, runOk, temporaryFolder } from '@darkslide/testkit';
import type { Cost } from './cost.ts';

export type Command = {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
};

const TIME = '/usr/bin/time';
const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs a program, by GNU time: it starts the program from a small process of its own, so that the memory of the
 * measuring process does not count.
 * @throws {Error} with what the program said when its exit code is not 0.
 * @throws {ToolMissingError} when GNU time is not here and can't be installed.
 */
export async function measureCommand({ command, args, env = {} }: Command): Promise<Cost & { stdout: string }> {
  await ensurePackages({ packages: ['time'], isThere: () => isOnPath(TIME) });
  await using folder = await temporaryFolder('darkslide-bench');
  const output = join(folder.path, 'cost');
  // CPU seconds in user mode and in the system, and KiB of memory.
  const time = ['--quiet', '-o', output, '-f', '%U %S %M', command, ...args];
  const start = performance.now();
  const { stdout } = await runOk(TIME, time, { env, cwd: folder.path, timeoutMs: TIMEOUT_MS });
  const seconds = (performance.now() - start) / 1000;
  const [user = Number.NaN, system = Number.NaN, kibibytes = Number.NaN] = (await readFile(output, 'utf8'))
    .split(' ')
    .map(Number);
  return { seconds, cpuSeconds: user + system, peakBytes: kibibytes * 1024, stdout };
}
