/// <reference lib="dom" />
import type { EventBatch, FailedFile, FileInFlight, FileResult, PickedFile } from '@darkslide/client/browser';

export type RowState = 'waiting' | 'sending' | 'uploaded' | 'skipped' | 'failed';

/** A file of the list. */
export type Row = {
  path: string;
  /** Bytes. Undefined until the engine has the file. */
  size: number | undefined;
  state: RowState;
  /** 0 to 1, while it is sent. */
  sent: number;
  failure: FailedFile | undefined;
  /** What became of it last. */
  result: FileResult | undefined;
  /** What can be tried again; undefined where the file could not be opened. */
  picked: PickedFile | undefined;
};

/** Every file that was chosen, with what became of it. */
export class Shoot {
  readonly #rows = new Map<string, Row>();
  readonly #byName = new Map<string, Row>();
  #sending: Row[] = [];
  /** Changes with every change. */
  version = 0;

  get count(): number {
    return this.#rows.size;
  }

  /** Adds files that are new, and returns those. A file that failed may be chosen again. */
  add(files: readonly PickedFile[]): PickedFile[] {
    const added = files.filter(({ path }) => (this.#rows.get(path)?.state ?? 'failed') === 'failed');
    for (const picked of added) {
      const { file, path } = picked;
      const row: Row = {
        path,
        size: undefined,
        state: 'waiting',
        sent: 0,
        failure: undefined,
        result: undefined,
        picked,
      };
      this.#rows.set(path, row);
      this.#byName.set(file.name.normalize('NFC'), row);
    }
    this.version += 1;
    return added;
  }

  /** Keeps the files that the engine returned: these know their sizes. */
  learn(files: readonly PickedFile[]): void {
    for (const picked of files) {
      const row = this.#rows.get(picked.path);
      if (row) Object.assign(row, { picked, size: picked.file.size });
    }
    this.version += 1;
  }

  /** Files that could not be opened. */
  addUnreadable(files: readonly FailedFile[]): void {
    for (const failure of files) {
      const { path, size } = failure;
      if (!this.#rows.has(path)) {
        this.#rows.set(path, { path, size, state: 'failed', sent: 0, failure, result: failure, picked: undefined });
      }
    }
    this.version += 1;
  }

  /** Takes over what happened. */
  update({ results, inFlight }: EventBatch): void {
    for (const row of this.#sending) if (row.state === 'sending') row.state = 'waiting';
    this.#sending = inFlight.flatMap((file) => this.#startSending(file));
    for (const result of results) this.#settle(result);
    this.version += 1;
  }

  /** The files that are not stored and can be tried again. They wait from now on. */
  takeUnsent(): PickedFile[] {
    const files = this.#unsent().flatMap(({ picked }) => picked ?? []);
    for (const row of this.#unsent()) row.state = 'failed';
    return this.add(files);
  }

  /** What became of each file so far, in the order in which they were chosen. */
  results(): FileResult[] {
    return [...this.#rows.values()].flatMap(({ result }) => result ?? []);
  }

  /** How many files `takeUnsent` would return. */
  get unsent(): number {
    return this.#unsent().length;
  }

  #unsent(): Row[] {
    return [...this.#rows.values()].filter(
      ({ state, picked }) => picked && state !== 'uploaded' && state !== 'skipped',
    );
  }

  countOf(state: RowState): number {
    return [...this.#rows.values()].filter((row) => row.state === state).length;
  }

  /** By path, in the order in which they were chosen. */
  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  #startSending({ name, size, sent }: FileInFlight): Row[] {
    // A file that got another name in the project is not found; it stays among those that wait until its result comes.
    const row = this.#byName.get(name);
    if (row?.state !== 'waiting') return [];
    row.state = 'sending';
    row.sent = size === 0 ? 0 : sent / size;
    return [row];
  }

  #settle(result: FileResult): void {
    const row = this.#rows.get(result.path);
    if (!row) return;
    row.state = result.status;
    row.failure = result.status === 'failed' ? result : undefined;
    row.result = result;
  }
}
