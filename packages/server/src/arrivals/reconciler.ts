import { SharedRuns } from '../base/shared-runs.ts';
import type { ProjectRow } from '../database/tables.ts';
import { compareBytes, prefixOf } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { FileTable, StoredFile } from './file-table.ts';
import { listedFiles } from './stored-files.ts';

/** Objects on one page of storage's listing, S3's most. */
const STORAGE_PAGE = 1000;
/** Files recorded in one statement, which waits for the disk once. */
const STORED_AT_ONCE = 5000;
/** Projects of which it is remembered how far they were gone through; forgetting costs listings, nothing else. */
const MAX_REMEMBERED = 10_000;

/** Records which of the files asked for have arrived, by listing storage only from one pending name to the next. */
export class Reconciler {
  readonly #files: FileTable;
  readonly #store: ObjectStore;
  /** Per project id, the name after which the next call goes on. */
  readonly #reached = new Map<number, string>();
  readonly #runs = new SharedRuns<number>();

  constructor({ files, store }: { files: FileTable; store: ObjectStore }) {
    this.#files = files;
    this.#store = store;
  }

  /**
   * Lists at most this many pages. That finds everything where no more names are pending than that, or where storage
   * holds no more objects between them than fit on the pages. Larger projects are gone through by several calls,
   * around and around. Those who ask at the same time share a run.
   */
  run(project: ProjectRow, { pages }: { pages: number }): Promise<void> {
    return this.#runs.run(project.id, () => this.#run(project, pages));
  }

  async #run(project: ProjectRow, pages: number): Promise<void> {
    const budget = { pages };
    const begin = this.#reached.get(project.id) ?? '';
    let reached = await this.#scan(project, begin, budget);
    // Names before the beginning may have arrived since an earlier call saw them.
    if (reached === undefined && begin !== '') reached = await this.#scan(project, '', budget);
    if (this.#reached.size >= MAX_REMEMBERED) this.#reached.clear();
    if (reached === undefined) this.#reached.delete(project.id);
    else this.#reached.set(project.id, reached);
  }

  /** Returns the name that it reached, or undefined at the end of the pending ones. */
  async #scan(project: ProjectRow, after: string, budget: { pages: number }): Promise<string | undefined> {
    const prefix = prefixOf(project.uuid);
    const found: StoredFile[] = [];
    let reached: string | undefined = after;
    while (reached !== undefined && budget.pages > 0) {
      const pending = await this.#files.nextPending(project.id, reached);
      if (pending === undefined) {
        reached = undefined;
        break;
      }
      budget.pages--;
      const startAfter = prefix + laterOf(reached, rightBefore(pending));
      const { objects, more } = await this.#store.list({ prefix, startAfter, limit: STORAGE_PAGE });
      found.push(
        ...listedFiles(
          project,
          objects.filter(({ damaged }) => !damaged),
        ).values(),
      );
      if (found.length >= STORED_AT_ONCE) await this.#files.store(project.id, found.splice(0));
      reached = more ? objects.at(-1)?.key.slice(prefix.length) : undefined;
    }
    await this.#files.store(project.id, found);
    return reached;
  }
}

/** What a name begins with sorts before it, and few names in between. */
const rightBefore = (name: string) => [...name].slice(0, -1).join('');

const laterOf = (a: string, b: string) => (compareBytes(a, b) < 0 ? b : a);
