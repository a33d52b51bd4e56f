import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 10 * 60_000;
/** A holder that crashed leaves its folder behind; after this long it no longer counts. */
const STALE_MS = 15 * 60_000;

/** Runs something that several processes may want at once, one after the other. The lock is a folder. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  const deadline = Date.now() + WAIT_MS;
  while (!(await take(path))) {
    if (Date.now() > deadline) throw new Error(`Another process holds ${path}. If none does, remove that folder.`);
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch {
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > STALE_MS) await rm(path, { recursive: true, force: true });
    return false;
  }
}
