import type { StoredFile } from '../api/responses.ts';
import type { Sink } from '../base/ports.ts';
import type { ProgressTracker } from '../run/progress.ts';
import type { FileToFetch } from './downloader.ts';
import type { FactsByName } from './photo-facts.ts';
import type { DownloadFailureReason, DownloadResult } from './results.ts';

/** Failures that may end without a change of what is stored. */
const TRANSIENT: ReadonlySet<DownloadFailureReason> = new Set(['changed', 'unavailable']);

/** A name of a folder, from the id of a set, is cut to this many characters. */
const MAX_FOLDER_LENGTH = 80;

type Settled = { file: FileToFetch; result: DownloadResult };

/** Which files of a project are still to be fetched, and what became of the others. */
export class ToFetch {
  readonly #sink: Sink;
  readonly #progress: ProgressTracker<DownloadResult>;
  readonly #settled = new Map<string, Settled>();
  #taken = 0;

  constructor({ sink, progress }: { sink: Sink; progress: ProgressTracker<DownloadResult> }) {
    this.#sink = sink;
    this.#progress = progress;
  }

  /** Those of a list that arrived, and have no result yet or were replaced since. */
  newOf(listed: Iterable<StoredFile>): StoredFile[] {
    return [...listed].filter((stored) => stored.status !== 'pending' && this.#isNew(stored));
  }

  /** Begins what `newOf` returned. */
  take(news: readonly StoredFile[], { facts, bySet }: { facts: FactsByName; bySet: boolean }): FileToFetch[] {
    const files: FileToFetch[] = [];
    for (const stored of news) {
      const name = stored.fileName;
      const known = facts.get(name);
      const place = { folder: bySet && known?.set ? folderOf(known.set) : null, name };
      const source = { path: this.#sink.pathOf(place), size: stored.size ?? 0 };
      files.push({ index: this.#taken++, name, source, place, stored, capturedMs: known?.capturedMs ?? null });
      this.#expect(name, source.size);
    }
    return files;
  }

  has({ name }: FileToFetch): boolean {
    return this.#settled.has(name);
  }

  record(file: FileToFetch, result: DownloadResult): void {
    this.#settled.set(file.name, { file, result });
    this.#progress.finish(file, result);
  }

  results(): DownloadResult[] {
    return [...this.#settled.values()].sort((a, b) => a.file.index - b.file.index).map(({ result }) => result);
  }

  #isNew({ fileName, etag, status }: StoredFile): boolean {
    const settled = this.#settled.get(fileName);
    if (!settled) return true;
    const { file, result } = settled;
    if (file.stored.etag !== etag || file.stored.status !== status) return true;
    return result.status === 'failed' && TRANSIENT.has(result.reason);
  }

  /** A file that is fetched once more is counted once. */
  #expect(name: string, size: number): void {
    const before = this.#settled.get(name)?.result;
    this.#progress.expect(before ? 0 : 1, size - (before?.size ?? 0));
    if (!before) return;
    this.#progress.unsettle(before);
    this.#settled.delete(name);
  }
}

/** The server's word for a set, as the name of a folder that is valid everywhere and leads nowhere else. */
function folderOf(set: string): string {
  const name = set
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .slice(0, MAX_FOLDER_LENGTH)
    .replace(/^[.-]+|[.-]+$/g, '');
  return name === '' ? 'set' : name;
}
