import { posix } from 'node:path';
import { ConfigurationError } from '../base/errors.ts';
import type { LeftOutReason } from '../base/left-out.ts';
import { fileKind } from '../plan/photo-names.ts';
import { isSkippedFolder, isSystemFile } from './skipped-folders.ts';

export type SelectionOptions = {
  /** Every file, not only photos and their sidecars. Hidden files and skipped folders stay left out. @default false */
  all?: boolean | undefined;
  /**
   * Globs of what is taken whatever else is said: files that are not photos, hidden ones, exceptions from `exclude`,
   * and skipped folders. A pattern without a slash is compared with the name, one with a slash with the path below the
   * given folder, one with a slash at its end with folders only. Case does not count.
   */
  include?: readonly string[] | undefined;
  /** Globs of what is left out, files and folders, as in `include`. A folder that is left out is not looked into. */
  exclude?: readonly string[] | undefined;
};

type Matcher = (relative: string, kind: 'file' | 'folder') => boolean;

/** Says what is taken of all that is found. Paths are below the given folder, with slashes. */
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
  if (glob === '') throw new ConfigurationError(`The pattern "${pattern}" matches nothing. Give one as in *.jpg.`);
  const byName = !bare.includes('/');
  return (relative, kind) =>
    (kind === 'folder' || !foldersOnly) && posix.matchesGlob(byName ? posix.basename(relative) : relative, glob);
}

/** Case and the two ways to write an umlaut do not count. */
const plain = (text: string) => text.normalize('NFC').toLowerCase();
