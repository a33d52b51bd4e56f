/** What was found and is not sent, by the reason for it. */
export type LeftOut = {
  /** Everything that is counted below. */
  total: number;
  /** Files that are neither photos nor sidecars. */
  notPhotos: number;
  /** Files whose name begins with a dot. What systems keep beside every photo (`._…`, `Thumbs.db`) is not counted. */
  hidden: number;
  /** Files and folders that an `exclude` pattern matches. */
  excluded: number;
  /** Links that lead out of the given folders. */
  linksOut: number;
  /** Folders of systems and programs, and hidden ones. Nothing looked into them, so only they are counted. */
  folders: readonly { name: string; count: number }[];
  /** Where all this is; at most the first thousand. */
  paths: readonly string[];
};

export const NOTHING_LEFT_OUT: LeftOut = {
  ...{ total: 0, notPhotos: 0, hidden: 0, excluded: 0, linksOut: 0 },
  ...{ folders: [], paths: [] },
};

const MAX_PATHS = 1000;

export type LeftOutReason = 'notPhotos' | 'hidden' | 'excluded' | 'linksOut';

/** Counts what is left out. */
export class LeftOutCounter {
  readonly #counts: Record<LeftOutReason, number> = { notPhotos: 0, hidden: 0, excluded: 0, linksOut: 0 };
  readonly #folders = new Map<string, number>();
  readonly #paths: string[] = [];
  #total = 0;

  add(reason: LeftOutReason, path: string): void {
    this.#counts[reason] += 1;
    this.#keep(path);
  }

  addFolder(name: string, path: string): void {
    this.#folders.set(name, (this.#folders.get(name) ?? 0) + 1);
    this.#keep(path);
  }

  result(): LeftOut {
    const folders = [...this.#folders].map(([name, count]) => ({ name, count }));
    return { total: this.#total, ...this.#counts, folders, paths: this.#paths };
  }

  #keep(path: string): void {
    this.#total += 1;
    if (this.#paths.length < MAX_PATHS) this.#paths.push(path);
  }
}
