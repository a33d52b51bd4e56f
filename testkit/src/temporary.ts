import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TemporaryFolder = AsyncDisposable & { path: string; remove(): Promise<void> };

/** A new empty folder under the system's temporary one. */
export async function temporaryFolder(label = 'darkslide'): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `${label}-`));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
