import { join } from 'node:path';
import { UnusableError } from '@darkslide/server';
import { FolderInUseError, FolderLock, ownFilesThatExist, ownFolder } from '@darkslide/store';
import type { Configuration } from '../settings/configuration.ts';

/** Files in the data folder that only its owner may read. The store protects its own files. */
const PRIVATE_FILES = ['darkslide.db', 'darkslide.db-wal', 'darkslide.db-shm', 'store-credentials.json', 'api-key'];

/**
 * Creates the data folder so that only its owner can read its secrets and databases. Locks it for this process if it
 * contains a database or a store, which must have one owner. The system releases the lock when the process ends.
 * @throws {UnusableError} Another process holds the folder, or this user cannot write to it.
 */
export async function holdDataFolder(configuration: Configuration): Promise<FolderLock | undefined> {
  const { dataDir } = configuration;
  try {
    ownFolder(dataDir);
    ownFilesThatExist(PRIVATE_FILES.map((name) => join(dataDir, name)));
    return hasOneOwner(configuration) ? FolderLock.take(dataDir) : undefined;
  } catch (error) {
    throw new UnusableError(error instanceof FolderInUseError ? inUse(dataDir) : notWritable(dataDir, error), {
      cause: error,
    });
  }
}

/** Whether the folder contains a database or a store, which two servers must not use. */
export function hasOneOwner({ storage, database }: Configuration): boolean {
  return storage.kind === 'embedded' || database.kind === 'sqlite';
}

function inUse(dataDir: string) {
  const problem = `The data folder ${dataDir} is in use by another darkslide`;
  return { problem, remedy: 'stop that one, or choose another folder with DARKSLIDE_DATA_DIR', lasting: false };
}

const NOT_PERMITTED = 'this user may not write there';
const FILE_EXISTS = 'a file with that name exists';

const REASONS: Record<string, string> = {
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  EROFS: 'the disk is read-only',
  ENOTDIR: FILE_EXISTS,
  EEXIST: FILE_EXISTS,
  ENOSPC: 'the disk is full',
};

function notWritable(dataDir: string, error: unknown) {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return {
    problem: `The data folder ${dataDir} cannot be used, as ${REASONS[code] ?? message}`,
    remedy: 'fix that, or choose another folder with DARKSLIDE_DATA_DIR',
    lasting: code !== 'ENOSPC',
  };
}
