import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../run.ts';
import { cacheFolder } from '../workspace.ts';
import { withLock } from './lock.ts';

const TIMEOUT_MS = 5 * 60_000;

/** The `node_modules` that a package.json asks for, in a folder of its own under `.cache`, made on first use. */
export async function ensureNodeModules(manifest: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(manifest))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder, `npm-${version}`);
  const ready = join(folder, 'ready');
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(ready)) return;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await copyFile(manifest, join(folder, 'package.json'));
    const args = ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund'];
    await runOk('npm', args, { cwd: folder, timeoutMs: TIMEOUT_MS });
    await writeFile(ready, '');
  });
  return join(folder, 'node_modules');
}
