import type { Dirent } from 'node:fs';
import { glob, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigurationError, SourceError } from '../base/errors.ts';
import { forEachLimited } from '../base/for-each-limited.ts';
import { type LeftOut, LeftOutCounter } from '../base/left-out.ts';
import type { Source } from '../base/ports.ts';
import { type FailedFile, failed } from '../base/results.ts';
import { whenDescriptorsAreFree } from './descriptors.ts';
import { asSourceError, createFileSource, statFile } from './file-source.ts';
import type { Md5Pool } from './md5-pool.ts';
import { Selection, type SelectionOptions } from './selection.ts';

export type FindOptions = SelectionOptions & {
  /** Files, folders and globs. A file that is named is taken whatever it is, unless `exclude` matches it. */
  paths: readonly string[];
  /** Follow links that lead out of the given folders. @default false */
  followLinks?: boolean | undefined;
};

export type Walked = {
  sources: Source[];
  /** Files and folders that could not be read. */
  unreadable: FailedFile[];
  leftOut: LeftOut;
};

/** At most this many files are looked up on disk at once. */
const MAX_STATS_AT_ONCE = 16;

/**
 * Finds the photos and their sidecars in files, folders (with what is below them) and globs. A file has the name and
 * the path that it was found by: for a link, those of the link. A file or folder that several paths or links lead to
 * counts once.
 * @throws {ConfigurationError} for a path or glob that matches nothing, and for an empty pattern.
 */
export async function walk({
  pool,
  signal,
  ...options
}: FindOptions & {
  /** Hashes what is read. */
  pool: Md5Pool;
  signal?: AbortSignal | undefined;
}): Promise<Walked> {
  const finder = new Finder(options, signal);
  const { files, unreadable, leftOut } = await finder.find(options.paths);
  const sources = new Array<Source | undefined>(files.length);
  await forEachLimited(files.entries(), { limit: MAX_STATS_AT_ONCE, signal }, async ([index, path]) => {
    try {
      sources[index] = createFileSource({ path, pool, ...(await statFile(path)) });
    } catch (error) {
      unreadable.push(unreadableFile(path, error));
    }
  });
  return { sources: sources.filter((source) => source !== undefined), unreadable, leftOut };
}

/** A file or folder, and the given folder that contains it. */
type Place = { path: string; base: string };

type Kind = 'file' | 'folder' | 'nowhere' | 'other';

class Finder {
  readonly #selection: Selection;
  readonly #followLinks: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #files: string[] = [];
  readonly #unreadable: FailedFile[] = [];
  readonly #leftOut = new LeftOutCounter();
  /** Real paths of the folders that were given: links may lead into them. */
  readonly #bounds: string[] = [];
  /** What was taken or left out, by the real path of its folder and its name. */
  readonly #decided = new Set<string>();
  /** Real paths of the folders that were read. */
  readonly #visited = new Set<string>();
  readonly #realFolders = new Map<string, Promise<string>>();
  readonly #folders: Place[] = [];
  /** Read last, so that what is in a given folder has its own path and not a link's. */
  #linkedFolders: Place[] = [];

  constructor({ followLinks = false, ...selection }: Omit<FindOptions, 'paths'>, signal: AbortSignal | undefined) {
    this.#selection = new Selection(selection);
    this.#followLinks = followLinks;
    this.#signal = signal;
  }

  async find(paths: readonly string[]): Promise<{ files: string[]; unreadable: FailedFile[]; leftOut: LeftOut }> {
    const matches: Place[] = [];
    for (const path of paths) {
      if (await isThere(path)) await this.#addNamed(resolve(path));
      else matches.push(...(await this.#matchesOf(path)));
    }
    for (const match of matches) await this.#addMatch(match);
    while (this.#folders.length + this.#linkedFolders.length > 0) {
      for (let folder = this.#folders.pop(); folder; folder = this.#folders.pop()) await this.#readFolder(folder);
      this.#folders.push(...this.#linkedFolders.sort((a, b) => (a.path < b.path ? 1 : -1)));
      this.#linkedFolders = [];
    }
    return { files: this.#files, unreadable: this.#unreadable, leftOut: this.#leftOut.result() };
  }

  /** Adds a path that the user named, links included. */
  async #addNamed(path: string): Promise<void> {
    await this.#orUnreadable(path, async () => {
      const kind = await kindOf(path);
      if (kind === 'folder') {
        this.#bounds.push(await realpath(path));
        this.#folders.push({ path, base: path });
      } else if (await this.#isNew(path)) {
        if (kind === 'nowhere') throw new SourceError('vanished', BROKEN_LINK);
        if (kind === 'other') throw new SourceError('unreadable', NOT_A_FILE);
        if (this.#selection.named(basename(path)) === 'take') this.#files.push(path);
        else this.#leftOut.add('excluded', path);
      }
    });
  }

  /** @throws {ConfigurationError} where the pattern matches nothing. */
  async #matchesOf(pattern: string): Promise<Place[]> {
    const isGlob = /[*?[\]{}]/.test(pattern);
    const matches = isGlob ? (await Array.fromAsync(glob(pattern))).map((match) => resolve(match)) : [];
    if (matches.length === 0) throw new ConfigurationError(`"${pattern}" does not exist.`);
    const segments = pattern.split(/[/\\]/);
    const base = resolve(
      segments
        .slice(
          0,
          segments.findIndex((segment) => /[*?[\]{}]/.test(segment)),
        )
        .join('/') || (pattern.startsWith('/') ? '/' : '.'),
    );
    this.#bounds.push(await realpath(base));
    return matches.sort().map((path) => ({ path, base }));
  }

  async #addMatch(match: Place): Promise<void> {
    if (match.path !== match.base && !(await this.#mayEnter({ ...match, path: dirname(match.path) }))) return;
    await this.#orUnreadable(match.path, async () => this.#add(match, await lstat(match.path)));
  }

  /** Whether the folders between a match and its base may be read. */
  async #mayEnter(folder: Place): Promise<boolean> {
    const { path, base } = folder;
    if (path === base || !path.startsWith(base)) return true;
    return (await this.#mayEnter({ path: dirname(path), base })) && this.#takesFolder(folder, await this.#isNew(path));
  }

  async #readFolder(folder: Place): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#orUnreadable(folder.path, async () => {
      const real = await this.#realFolder(folder.path);
      if (this.#visited.has(real)) return;
      this.#visited.add(real);
      const entries = await whenDescriptorsAreFree(() => readdir(real, { withFileTypes: true }));
      for (const entry of entries) {
        const path = join(folder.path, entry.name);
        await this.#orUnreadable(path, () => this.#add({ path, base: folder.base }, entry));
      }
    });
  }

  async #add(place: Place, entry: Pick<Dirent, 'isSymbolicLink' | 'isFile' | 'isDirectory'>): Promise<void> {
    const { path, base } = place;
    const isLink = entry.isSymbolicLink();
    const kind = isLink ? await kindOf(path) : plainKind(entry);
    const isNew = await this.#isNew(path);
    if (kind === 'folder') {
      if (!this.#takesFolder(place, isNew)) return;
      if (!isLink) this.#folders.push(place);
      else if (await this.#leadsOut(path)) this.#leftOut.add('linksOut', path);
      else this.#linkedFolders.push(place);
      return;
    }
    if (!isNew) return;
    const choice = kind === 'other' ? 'notPhotos' : this.#selection.file(below(base, path));
    if (choice === 'system') return;
    if (choice !== 'take') this.#leftOut.add(choice, path);
    else if (kind === 'nowhere') throw new SourceError('vanished', BROKEN_LINK);
    else if (isLink && (await this.#leadsOut(path))) this.#leftOut.add('linksOut', path);
    else this.#files.push(path);
  }

  #takesFolder({ path, base }: Place, isNew: boolean): boolean {
    if (path === base) return true;
    const choice = this.#selection.folder(below(base, path));
    if (choice === 'excluded' && isNew) this.#leftOut.add('excluded', path);
    if (choice === 'skip' && isNew) this.#leftOut.addFolder(basename(path), path);
    return choice === 'take';
  }

  async #leadsOut(path: string): Promise<boolean> {
    if (this.#followLinks) return false;
    const real = await realpath(path);
    return !this.#bounds.some((bound) => real === bound || real.startsWith(bound.endsWith(sep) ? bound : bound + sep));
  }

  async #isNew(path: string): Promise<boolean> {
    const place = join(await this.#realFolder(dirname(path)), basename(path));
    if (this.#decided.has(place)) return false;
    this.#decided.add(place);
    return true;
  }

  #realFolder(path: string): Promise<string> {
    const known = this.#realFolders.get(path) ?? realpath(path);
    this.#realFolders.set(path, known);
    return known;
  }

  async #orUnreadable(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#unreadable.push(unreadableFile(path, error));
    }
  }
}

const BROKEN_LINK = 'Broken symbolic link. Restore its target or remove it.';
const NOT_A_FILE = 'Neither a file nor a folder. Remove it, or leave it out.';

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The kind of what a path leads to. */
async function kindOf(path: string): Promise<Kind> {
  try {
    return plainKind(await stat(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return 'nowhere';
    throw error;
  }
}

function plainKind(entry: Pick<Dirent, 'isFile' | 'isDirectory'>): Kind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

const below = (base: string, path: string) => relative(base, path).split(sep).join('/');

const NOT_UTF8 = 'Its name, or that of a folder above it, is not valid UTF-8. Rename it, for instance with convmv.';

function unreadableFile(path: string, error: unknown): FailedFile {
  const subject = { name: basename(path), path, size: 0 };
  const { kind, message } = error instanceof SourceError ? error : asSourceError(error);
  if (kind === 'vanished' && path.includes('\ufffd')) return failed(subject, 'invalid-name', NOT_UTF8);
  return failed(subject, kind, message);
}
