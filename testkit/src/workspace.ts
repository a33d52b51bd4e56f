import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where tools that tests need are kept between runs; not part of the repository. */
export const cacheFolder = join(root, '.cache');

/** The pinned Node that the project brings along, whatever Node runs this. */
export function pinnedNode(): string {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  return existsSync(pinned) ? realpathSync(pinned) : process.execPath;
}
