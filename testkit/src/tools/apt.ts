import { join } from 'node:path';
import { run, runOk } from '../run.ts';
import { cacheFolder } from '../workspace.ts';
import { withLock } from './lock.ts';

/** A tool that a test needs is not here and can't be installed; the message says how to get it. */
export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
const APT = ['-y', '-q', '--no-install-recommends', ...PATIENCE];
const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };
const TIMEOUT_MS = 8 * 60_000;

export async function isOnPath(command: string): Promise<boolean> {
  const { code } = await run('sh', ['-c', 'command -v "$0"', command]);
  return code === 0;
}

/**
 * Makes sure that something is there, by installing Debian packages where it is not.
 * @throws {ToolMissingError} when this is not Debian, not root, or the packages can't be had.
 */
export async function ensurePackages({
  packages,
  isThere,
}: {
  packages: readonly string[];
  isThere: () => Promise<boolean>;
}): Promise<void> {
  if (await isThere()) return;
  const byHand = `Install it by hand: apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new ToolMissingError(`Tests need ${packages.join(', ')}. ${byHand} (as root).`);
  if (!(await isOnPath('apt-get'))) throw new ToolMissingError(`Tests need ${packages.join(', ')}, or its like.`);
  await withLock(join(cacheFolder, 'apt.lock'), async () => {
    if (await isThere()) return;
    const install = () => run('apt-get', ['install', ...APT, ...packages], { env: QUIET, timeoutMs: TIMEOUT_MS });
    if ((await install()).code === 0) return;
    await runOk('apt-get', ['update', '-q', ...PATIENCE], { env: QUIET, timeoutMs: TIMEOUT_MS });
    const { code, stderr } = await install();
    if (code !== 0) throw new ToolMissingError(`apt-get could not install it. ${byHand}\n${stderr.slice(-1000)}`);
  });
  if (!(await isThere())) throw new ToolMissingError(`${packages.join(', ')} is installed, but not found.`);
}
