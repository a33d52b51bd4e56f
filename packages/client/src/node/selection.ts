import { posix } from 'node:path';
import { ConfigurationError } from '../base/errors.ts';
import type { LeftOutReason } from '../base/left-out.ts';
import { fileKind } from '../plan/photo-names.ts';
import { isSkippedFolder, isSystemFile } from '../plan/skipped-folders.ts';

export type SelectionOptions = {
  /** Take every file, not only photos and sidecars. Hidden files and skipped folders are still left out. @default false */
  all?: boolean | undefined;
  /**
   * Globs of what is always taken: files that are not photos, hidden ones, exceptions from `exclude`, and skipped folders. A pattern without a slash is compared with the name, one with a slash with the path below the
   * given folder, one with a slash at its end with folders only. Case does not count.
   */
  include?: readonly string[] | undefined;
  /** Globs of files and folders to leave out, as in `include`. A folder that is left out is not read. */
  exclude?: readonly string[] | undefined;
};

type Matcher = (relative: string, kind: 'file' | 'folder') => boolean;

/** Decides which of the found files are taken. Paths are relative to the given folder, with slashes. */
export class Selection {
  readonly #all: boolean;
  readonly #included: Matcher;
  readonly #excluded: Matcher;

  /** @throws {ConfigurationError} for a pattern that is empty. */
  constructor({ all = false, include = [], exclude = [] }: SelectionOptions) {
    this.#all = all;
    this.#included = anyOf(include);
    this.#excluded = anyOf(exclude);
  }

  /** `system` files are left out and not counted. */
  file(relative: string): 'take' | 'system' | LeftOutReason {
    const name = posix.basename(relative);
    if (this.#included(relative, 'file')) return 'take';
    if (isSystemFile(name)) return 'system';
    if (this.#excluded(relative, 'file')) return 'excluded';
    if (name.startsWith('.')) return 'hidden';
    return this.#all || fileKind(name) !== 'other' ? 'take' : 'notPhotos';
  }

  /** A file that was named by hand is taken, whatever it is. */
  named(name: string): 'take' | 'excluded' {
    return !this.#included(name, 'file') && this.#excluded(name, 'file') ? 'excluded' : 'take';
  }

  folder(relative: string): 'take' | 'excluded' | 'skip' {
    if (this.#included(relative, 'folder')) return 'take';
    if (this.#excluded(relative, 'folder')) return 'excluded';
    return isSkippedFolder(relative) ? 'skip' : 'take';
  }
}

function anyOf(patterns: readonly string[]): Matcher {
  const matchers = patterns.map(matcher);
  return (relative, kind) => matchers.some((matches) => matches(plain(relative), kind));
}

function matcher(pattern: string): Matcher {
  const foldersOnly = pattern.endsWith('/');
  const bare = plain(pattern).replace(/\/+$/, '');
  const glob = bare.replace(/^(\.?\/)+/, '');
  if (glob === '') throw new ConfigurationError(`The pattern "${pattern}" matches nothing. Use one such as *.jpg.`);
  const byName = !bare.includes('/');
  return (relative, kind) =>
    (kind === 'folder' || !foldersOnly) && posix.matchesGlob(byName ? posix.basename(relative) : relative, glob);
}

/** Case and the two ways to write an umlaut do not count. */
const plain = (text: string) => text.normalize('NFC').toLowerCase();
