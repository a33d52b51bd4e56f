import { join } from 'node:path';
import { UnusableError } from '@darkslide/server';
import { FolderInUseError, FolderLock, ownFilesThatExist, ownFolder } from '@darkslide/store';
import type { Configuration } from '../settings/configuration.ts';

/** What is in it beside the store, which sees to its own. */
const PRIVATE = ['darkslide.db', 'darkslide.db-wal', 'darkslide.db-shm', 'store-credentials.json', 'api-key'];

/**
 * Makes the data folder, its owner's alone with the secrets and databases in it, and holds it for this process where a database or a store in it must have one owner. The
 * system lets it go when the process ends, however it ends.
 * @throws {UnusableError}
 */
export async function holdDataFolder(configuration: Configuration): Promise<FolderLock | undefined> {
  const { dataDir } = configuration;
  try {
    ownFolder(dataDir);
    ownFilesThatExist(PRIVATE.map((name) => join(dataDir, name)));
    return hasOneOwner(configuration) ? FolderLock.take(dataDir) : undefined;
  } catch (error) {
    throw new UnusableError(error instanceof FolderInUseError ? inUse(dataDir) : notWritable(dataDir, error), {
      cause: error,
    });
  }
}

/** Whether the folder holds more than a key: then two servers would take it for their own. */
export function hasOneOwner({ storage, database }: Configuration): boolean {
  return storage.kind === 'embedded' || database.kind === 'sqlite';
}

function inUse(dataDir: string) {
  const problem = `The data folder ${dataDir} is in use by another darkslide`;
  return { problem, remedy: 'stop that one, or choose another folder with DARKSLIDE_DATA_DIR', lasting: false };
}

const NOT_ALLOWED = 'this user may not write there';
const IN_ITS_WAY = 'there is a file in its way';

const REASONS: Record<string, string> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: 'the disk can only be read',
  ENOTDIR: IN_ITS_WAY,
  EEXIST: IN_ITS_WAY,
  ENOSPC: 'the disk is full',
};

function notWritable(dataDir: string, error: unknown) {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return {
    problem: `The data folder ${dataDir} can't be used, as ${REASONS[code] ?? message}`,
    remedy: 'mend that, or choose another folder with DARKSLIDE_DATA_DIR',
    lasting: code !== 'ENOSPC',
  };
}
