/// <reference lib="dom" />
import type { Preview } from './messages.ts';

/** About as many as are in sight on ten screens. */
const MAX_BITMAPS = 200;
/** Paths that have no preview, remembered so that they are not asked for again. */
const MAX_WITHOUT = 100_000;

/** The previews of the photos in sight, of which one is made at a time. */
export class Previews {
  /** The one that was wanted longest ago is the first. */
  readonly #kept = new Map<string, Preview>();
  readonly #without = new Set<string>();
  readonly #ask: (path: string, width: number) => void;
  #wanted: { paths: readonly string[]; width: number } = { paths: [], width: 0 };
  #asked: string | undefined;

  constructor(ask: (path: string, width: number) => void) {
    this.#ask = ask;
  }

  /** Of a photo, if it is there already. */
  get(path: string): Preview | undefined {
    return this.#kept.get(path);
  }

  /** Says which photos are in sight now, and how wide, in pixels, a preview is shown. */
  want(paths: readonly string[], width: number): void {
    this.#wanted = { paths, width };
    for (const path of paths) this.#touch(path);
    this.#next();
  }

  /** Takes what was asked for. */
  take(path: string, preview: Preview | undefined): void {
    if (this.#asked === path) this.#asked = undefined;
    if (preview) this.#keep(path, preview);
    else if (this.#without.size < MAX_WITHOUT) this.#without.add(path);
    this.#next();
  }

  close(): void {
    for (const { bitmap } of this.#kept.values()) bitmap.close();
    this.#kept.clear();
    this.#wanted = { paths: [], width: 0 };
  }

  #next(): void {
    if (this.#asked !== undefined) return;
    const { paths, width } = this.#wanted;
    this.#asked = paths.find((path) => !this.#kept.has(path) && !this.#without.has(path));
    if (this.#asked !== undefined) this.#ask(this.#asked, width);
  }

  #keep(path: string, preview: Preview): void {
    this.#kept.get(path)?.bitmap.close();
    this.#kept.set(path, preview);
    for (const [oldest, { bitmap }] of this.#kept) {
      if (this.#kept.size <= MAX_BITMAPS) break;
      bitmap.close();
      this.#kept.delete(oldest);
    }
  }

  #touch(path: string): void {
    const preview = this.#kept.get(path);
    if (!preview) return;
    this.#kept.delete(path);
    this.#kept.set(path, preview);
  }
}
