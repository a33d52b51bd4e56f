import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from './directory-sync.ts';
import { ownFolder } from './private.ts';

/** How long a blob is kept that nothing refers to, but that may have been acknowledged. */
export const DEFAULT_LOST_FOUND_DAYS = 30;

const DAY_MS = 24 * 3600 * 1000;

/** Beside the blobs: files that the index does not know, and that are not certain to be superfluous. */
export class LostFound {
  readonly #dataDir: string;
  readonly path: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, 'lost+found');
  }

  /** Files in it. */
  count(): number {
    return existsSync(this.path) ? readdirSync(this.path).length : 0;
  }

  /** Takes a file out of the folder of blobs. The file's time becomes that at which it came here. */
  take(blob: string): void {
    ownFolder(this.path);
    const from = join(this.#dataDir, 'blobs', blob);
    const to = join(this.path, blob.replaceAll('/', '_'));
    renameSync(from, to);
    const now = new Date();
    utimesSync(to, now, now);
  }

  /** Removes what came here more than so many days ago. */
  expire(days: number): number {
    if (!existsSync(this.path)) return 0;
    const oldest = Date.now() - days * DAY_MS;
    const expired = readdirSync(this.path).filter((name) => statSync(join(this.path, name)).mtimeMs < oldest);
    for (const name of expired) rmSync(join(this.path, name), { recursive: true });
    return expired.length;
  }

  /** Resolves once all that was taken stays here. */
  async sync(): Promise<void> {
    if (!existsSync(this.path)) return;
    await syncDirectory(this.path);
    await syncDirectory(this.#dataDir);
  }
}
