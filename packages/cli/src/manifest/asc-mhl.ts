import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type ManifestEntry, mhlDocument } from '@darkslide/client';

/**
 * An ASC Media Hash List of what was uploaded.
 *
 * Its paths are relative to the manifest's own folder if that contains all files, else to the folder that does. Either
 * path may lead through a link.
 */
export async function ascMhl(
  entries: readonly ManifestEntry[],
  { folder, version, now }: { folder: string; version: string; now: Date },
): Promise<string> {
  const paths = await relativePaths(folder, entries);
  const relativeEntries = entries.map((entry, at) => ({ ...entry, path: paths[at]?.split(sep).join('/') ?? '' }));
  return mhlDocument(relativeEntries, { host: hostname(), version, now });
}

async function relativePaths(folder: string, entries: readonly ManifestEntry[]): Promise<string[]> {
  const realFolder = await realpath(folder);
  const realFolders = new Map<string, Promise<string>>();
  const below = async (path: string) => {
    if (isBelow(folder, path)) return relative(folder, path);
    const real = realFolders.get(dirname(path)) ?? realpath(dirname(path)).catch(() => dirname(path));
    realFolders.set(dirname(path), real);
    const realFile = join(await real, basename(path));
    return isBelow(realFolder, realFile) ? relative(realFolder, realFile) : undefined;
  };
  const paths: string[] = [];
  for (const { path } of entries) {
    const found = await below(path);
    if (found === undefined) {
      const root = commonFolder(entries);
      return entries.map((entry) => relative(root, entry.path));
    }
    paths.push(found);
  }
  return paths;
}

const isBelow = (folder: string, path: string) => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

function commonFolder([first, ...others]: readonly ManifestEntry[]): string {
  let folder = dirname(first?.path ?? '');
  while (!others.every(({ path }) => isBelow(folder, path)) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
