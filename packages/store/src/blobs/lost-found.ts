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
    const to = this.pathOf(blob);
    renameSync(from, to);
    const now = new Date();
    utimesSync(to, now, now);
  }

  /** The blobs that lie here, by the names that they had among the blobs. */
  blobs(): string[] {
    if (!existsSync(this.path)) return [];
    return readdirSync(this.path).flatMap((name) => {
      const [, folder, rest] = /^([0-9a-f]{2})_([0-9a-z]+-[0-9a-z]+)$/.exec(name) ?? [];
      return folder === undefined ? [] : [`${folder}/${rest}`];
    });
  }

  pathOf(blob: string): string {
    return join(this.path, blob.replaceAll('/', '_'));
  }

  /** Puts a file back among the blobs. */
  giveBack(blob: string): void {
    renameSync(this.pathOf(blob), join(this.#dataDir, 'blobs', blob));
  }

  /** Removes files that are here for more than `days` days. */
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
