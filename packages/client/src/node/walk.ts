import type { Dirent } from 'node:fs';
import { glob, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigurationError, SourceError } from '../core/errors.ts';
import { fileKind } from '../core/photo-names.ts';
import { failed } from '../core/plan.ts';
import type { Source } from '../core/ports.ts';
import type { FailedFile } from '../core/results.ts';
import { asSourceError, createFileSource, statFile } from './file-source.ts';
import type { Md5Pool } from './md5-pool.ts';

export type Walked = {
  sources: Source[];
  /** Files and folders that could not be looked at. */
  unreadable: FailedFile[];
  /** Paths that are neither photos nor sidecars; at most the first thousand. */
  leftOut: string[];
  leftOutCount: number;
};

const MOST_LEFT_OUT = 1000;
/** File system questions asked at once. */
const ASKED_AT_ONCE = 16;

/**
 * Finds the photos and their sidecars in files, folders (with what is below them) and globs. A file that several
 * paths lead to counts once. Hidden files, and macOS's `._` twins, are never taken from folders.
 * @param all take every file, whatever its name.
 * @throws {ConfigurationError} for a path or glob that leads nowhere.
 */
export async function walk({
  paths,
  all = false,
  pool,
  signal,
}: {
  paths: readonly string[];
  all?: boolean | undefined;
  /** Hashes what is read. */
  pool: Md5Pool;
  signal?: AbortSignal | undefined;
}): Promise<Walked> {
  const walked: Walked = { sources: [], unreadable: [], leftOut: [], leftOutCount: 0 };
  const found = new Set<string>();
  for (const path of paths) {
    for (const root of await rootsOf(path)) await collect(root, found, walked, signal);
  }

  const wanted = [...found].filter((path) => all || isWanted(path, walked));
  const sources = new Array<Source | undefined>(wanted.length);
  let next = 0;
  const ask = async () => {
    while (next < wanted.length) {
      signal?.throwIfAborted();
      const at = next++;
      sources[at] = await sourceOf(wanted[at] as string, walked, pool);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
  walked.sources = sources.filter((source) => source !== undefined);
  return walked;
}

async function rootsOf(path: string): Promise<string[]> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) return [resolve(path)];
  const matches = /[*?[\]{}]/.test(path) ? (await Array.fromAsync(glob(path))).map((match) => resolve(match)) : [];
  if (matches.length === 0) throw new ConfigurationError(`There is nothing at "${path}".`);
  return matches.sort();
}

/** Adds the real paths of the files at and below `root`. */
async function collect(root: string, found: Set<string>, walked: Walked, signal?: AbortSignal): Promise<void> {
  const visited = new Set<string>();
  const left = [root];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    signal?.throwIfAborted();
    try {
      const real = await realpath(path).catch(async (error) => {
        throw (await leadsNowhere(path)) ? new SourceError('vanished', NOWHERE, { cause: error }) : error;
      });
      if (!(await stat(real)).isDirectory()) {
        found.add(real);
        continue;
      }
      if (visited.has(real)) continue;
      visited.add(real);
      for (const entry of await readdir(real, { withFileTypes: true })) {
        if (entry.name.startsWith('.')) continue;
        if (entry.isFile()) found.add(join(real, entry.name));
        else if (leadsOn(entry)) left.push(join(real, entry.name));
      }
    } catch (error) {
      walked.unreadable.push(unreadable(path, error));
    }
  }
}

const NOWHERE = 'It is a link that leads nowhere. Put the file in its place, or remove the link.';

const leadsNowhere = (path: string) =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

const leadsOn = (entry: Dirent) => entry.isDirectory() || entry.isSymbolicLink();

function isWanted(path: string, walked: Walked): boolean {
  if (fileKind(nameOf(path)) !== 'other') return true;
  walked.leftOutCount += 1;
  if (walked.leftOut.length < MOST_LEFT_OUT) walked.leftOut.push(path);
  return false;
}

async function sourceOf(path: string, walked: Walked, pool: Md5Pool): Promise<Source | undefined> {
  try {
    return createFileSource({ path, pool, ...(await statFile(path)) });
  } catch (error) {
    walked.unreadable.push(unreadable(path, error));
    return undefined;
  }
}

const nameOf = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

function unreadable(path: string, error: unknown): FailedFile {
  const subject = { name: nameOf(path), path, size: 0 };
  const { kind, message } = error instanceof SourceError ? error : asSourceError(error);
  return failed(subject, kind, message);
}
