import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk } from '../run.ts';
import { cacheFolder } from '../workspace.ts';
import { ensurePackages } from './apt.ts';
import { withLock } from './lock.ts';

/** What the client specs run, pinned so that a spec fails by our doing only. */
const REQUIREMENTS = ['imagen-ai-sdk==1.2.2', 'boto3==1.44.5', 'awscli==1.46.3', 'requests==2.34.2', 'httpx==0.28.1'];

const TIMEOUT_MS = 8 * 60_000;

export type PythonTools = {
  /** The interpreter that has the packages. */
  python: string;
  /** The AWS command line of the same folder. */
  aws: string;
};

/**
 * Python with the clients that the specs drive, in a folder of its own under `.cache`, made on first use.
 * @throws {ToolMissingError} when there is no Python and none can be installed.
 */
export async function ensurePythonTools(): Promise<PythonTools> {
  const version = createHash('sha256').update(REQUIREMENTS.join()).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, `python-${version}`);
  const ready = join(folder, 'ready');
  const tools = { python: join(folder, 'bin', 'python'), aws: join(folder, 'bin', 'aws') };
  if (existsSync(ready)) return tools;
  await ensurePackages({ packages: ['python3', 'python3-venv'], isThere: hasVenv });
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(ready)) return;
    await rm(folder, { recursive: true, force: true });
    await runOk('python3', ['-m', 'venv', folder], { timeoutMs: TIMEOUT_MS });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS];
    await runOk(tools.python, pip, { timeoutMs: TIMEOUT_MS });
    await writeFile(ready, `${REQUIREMENTS.join('\n')}\n`);
  });
  return tools;
}

async function hasVenv(): Promise<boolean> {
  return run('python3', ['-c', 'import venv, ensurepip']).then(
    ({ code }) => code === 0,
    () => false,
  );
}
