import { apiError } from '@darkslide/contract';
import { mapInTurns } from '../base/in-turns.ts';

/**
 * Patterns that one request has compared with names, at most: as many as a token may have, with as many names as a
 * request may have, and as much again for asterisks inside.
 */
const MAX_COMPARISONS = 20_000_000;

/**
 * The names that an upload token is for. In those that it allows, an asterisk stands for any characters, or none;
 * everything else for itself. Both sides are in NFC, so that the spellings of one name are one.
 */
export class AllowedNames {
  readonly #exact: ReadonlySet<string>;
  readonly #patterns: readonly (readonly string[])[];
  #comparisons = 0;

  constructor(allowed: readonly string[]) {
    this.#exact = new Set(allowed.filter((name) => !name.includes('*')));
    this.#patterns = allowed.filter((name) => name.includes('*')).map((pattern) => pattern.split('*'));
  }

  /** Those files that the token is not for. @throws {ApiError} invalid_request where that would take too long to tell. */
  async foreignAmong<File extends { name: string }>(files: readonly File[]): Promise<File[]> {
    const isForeign = await mapInTurns(files, ({ name }) => !this.has(name));
    return files.filter((_, index) => isForeign[index]);
  }

  /** @throws {ApiError} invalid_request */
  has(name: string): boolean {
    if (this.#exact.has(name)) return true;
    if (this.#comparisons > MAX_COMPARISONS) {
      const problem = 'These are too many names for the many patterns of this upload token: ask for fewer at once';
      throw apiError('invalid_request', { problem });
    }
    return this.#patterns.some((pieces) => this.#matches(name, pieces));
  }

  /** Time grows with the name's length times the pattern's, whatever they are: each piece is sought once. */
  #matches(name: string, pieces: readonly string[]): boolean {
    this.#comparisons += 1;
    const first = pieces[0] ?? '';
    const last = pieces.at(-1) ?? '';
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    this.#comparisons += pieces.length - 2;
    const end = name.length - last.length;
    let at = first.length;
    for (const piece of pieces.slice(1, -1)) {
      const found = name.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  }
}
