import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';

const OTHERS = 0o077;

/** Makes a folder where it is missing, and its owner's alone where it is not, whatever the umask. */
export function ownFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(path);
  if ((mode & OTHERS) !== 0 && isOurs(uid)) chmodSync(path, 0o700);
}

/** The same for a file. SQLite gives its `-wal` and `-shm` the mode of the database. */
export function ownFile(path: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { mode, uid } = fstatSync(file);
    if ((mode & OTHERS) !== 0 && isOurs(uid)) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** The same for each of the files that is there. */
export function ownFilesThatExist(paths: readonly string[]): void {
  for (const path of paths) if (existsSync(path)) ownFile(path);
}

/** Only a file's owner and root may change its mode. */
const isOurs = (uid: number) => process.getuid?.() === uid || process.getuid?.() === 0;
