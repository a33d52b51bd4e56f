import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtExit } from './leftovers.ts';

export type TemporaryFolder = AsyncDisposable & { path: string; remove(): Promise<void> };

/** A new empty folder under the system's temporary one, removed when this process ends at the latest. */
export async function temporaryFolder(label = 'darkslide'): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `${label}-`));
  const forget = removeAtExit(path);
  const remove = async () => {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    forget();
  };
  return { path, remove, [Symbol.asyncDispose]: remove };
}
