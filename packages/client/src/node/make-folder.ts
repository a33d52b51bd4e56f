import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it. Not with `recursive`, which never ends where a file system denies that an existing
 * folder exists, as /proc does.
 */
export async function makeFolder(folder: string, options: { mode?: number } = {}): Promise<void> {
  try {
    await mkdir(folder, options);
  } catch (error) {
    if (isExists(error)) return;
    if (!isNotFound(error) || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder), options);
    await mkdir(folder, options).catch((second) => {
      if (!isExists(second)) throw second;
    });
  }
}

export const isNotFound = (error: unknown) => hasCode(error, 'ENOENT');

const isExists = (error: unknown) => hasCode(error, 'EEXIST');

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
