import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ownFile } from './private.ts';

/** SQLite's result code for a lock that another holds. */
const SQLITE_BUSY = 5;

/** Another process, or another store of this one, holds the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Holds a folder for this process alone. Node knows no flock, SQLite does: an exclusive transaction on a
 * database of its own, which the system releases when the process ends, however it ends.
 */
export class FolderLock {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** @throws {FolderInUseError} */
  static take(dataDir: string): FolderLock {
    const path = join(dataDir, 'lock');
    ownFile(path);
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      throw new FolderInUseError(`${dataDir} is in use by another store: stop that one, or choose another folder`);
    }
    return new FolderLock(db);
  }

  release(): void {
    this.#db.close();
  }
}
