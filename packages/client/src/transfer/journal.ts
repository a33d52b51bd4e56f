import { identityOf, isSameFile } from '../base/file-identity.ts';
import type { FileStat, Memory } from '../base/ports.ts';
import type { Proof } from '../base/results.ts';

/** Where the file was, and its identity. */
type Remembered = FileStat & { path: string };

export type OpenEntry = Remembered & { state: 'open'; uploadId: string; partSize: number };
/** `proof`: how the bytes in storage were proven to be the file's when it was sent. */
export type SentEntry = Remembered & { state: 'sent'; etag: string; proof: Proof };
export type JournalEntry = OpenEntry | SentEntry;

type Line = { name: string } & JournalEntry;

/** A scope with this many more lines than names is rewritten. */
const MAX_OBSOLETE_LINES = 1000;
/** At most this many lines wait to be written together. */
const MAX_QUEUED_LINES = 500;

/**
 * What earlier runs knew about a project. Hints only: storage is always asked. Lines that cannot be read are ignored; a
 * memory that fails is reported once and not used any more.
 */
export class Journal {
  readonly #memory: Memory;
  readonly #scope: string;
  readonly #entries: Map<string, JournalEntry>;
  /** Every multipart upload in the lines, including those whose line was replaced by a later one. */
  readonly #uploads: Set<string>;
  readonly #onError: (error: unknown) => void;
  #queued: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #broken = false;

  private constructor(
    memory: Memory,
    scope: string,
    entries: Map<string, JournalEntry>,
    uploads: Set<string>,
    onError: (error: unknown) => void,
  ) {
    this.#memory = memory;
    this.#scope = scope;
    this.#entries = entries;
    this.#uploads = uploads;
    this.#onError = onError;
  }

  static async open({
    memory,
    scope,
    onError,
  }: {
    memory: Memory;
    scope: string;
    onError: (error: unknown) => void;
  }): Promise<Journal> {
    const entries = new Map<string, JournalEntry>();
    const uploads = new Set<string>();
    try {
      const lines = await memory.load(scope);
      for (const { name, ...entry } of lines.map(parseLine).filter((line) => line !== undefined)) {
        entries.set(name, entry as JournalEntry);
        if (entry.state === 'open') uploads.add(entry.uploadId);
      }
      if (lines.length > entries.size + MAX_OBSOLETE_LINES) {
        await memory.replace(
          scope,
          [...entries].map(([name, entry]) => JSON.stringify({ name, ...entry })),
        );
      }
    } catch (error) {
      onError(error);
    }
    return new Journal(memory, scope, entries, uploads, onError);
  }

  /** How a file was sent, where it is the same file in every respect. */
  recallSent(name: string, source: Remembered): SentEntry | undefined {
    const entry = this.#entries.get(name);
    const same = entry?.state === 'sent' && entry.path === source.path && isSameFile(entry, source);
    return same ? entry : undefined;
  }

  /** An upload that may be resumed. Its parts are compared with the file of now before they count. */
  recallUpload(name: string, { size }: FileStat): OpenEntry | undefined {
    const entry = this.#entries.get(name);
    return entry?.state === 'open' && entry.size === size ? entry : undefined;
  }

  /** Whether this run or one before it sent to this multipart upload. */
  knowsUpload(uploadId: string): boolean {
    return this.#uploads.has(uploadId);
  }

  /**
   * Returns immediately. An open upload is written immediately too, because a server of the bare contract cannot list
   * it; a sent file waits for `save`, because storage knows it as well.
   */
  note(name: string, entry: JournalEntry): void {
    this.#entries.set(name, entry);
    if (entry.state === 'open') this.#uploads.add(entry.uploadId);
    if (this.#broken) return;
    this.#queued.push(JSON.stringify({ name, ...entry } satisfies Line));
    if (entry.state === 'open' || this.#queued.length >= MAX_QUEUED_LINES) this.save();
  }

  /** Starts writing what was noted, all lines together and in order. */
  save(): void {
    if (this.#queued.length > 0) this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when the memory has everything that was noted so far. */
  flush(): Promise<void> {
    this.save();
    return this.#writing;
  }

  async #write(): Promise<void> {
    const lines = this.#queued;
    if (lines.length === 0) return;
    this.#queued = [];
    try {
      await this.#memory.append(this.#scope, lines);
    } catch (error) {
      if (!this.#broken) this.#onError(error);
      this.#broken = true;
    }
  }
}

function parseLine(line: string): Line | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<keyof OpenEntry | keyof SentEntry | 'name', unknown>> | null;
    if (typeof value !== 'object' || value === null) return undefined;
    const { name, path, size, modifiedMs, state, uploadId, partSize, etag, proof } = value;
    if (typeof name !== 'string' || typeof path !== 'string') return undefined;
    if (typeof size !== 'number' || typeof modifiedMs !== 'number') return undefined;
    // The other fields of the identity are only compared, so their types do not matter.
    const file = { name, path, ...identityOf(value as FileStat) };
    const isProof = proof === 'md5' || proof === 'size';
    if (state === 'sent' && typeof etag === 'string' && isProof) return { ...file, state, etag, proof };
    if (state === 'open' && typeof uploadId === 'string' && Number.isSafeInteger(partSize)) {
      return { ...file, state, uploadId, partSize: partSize as number };
    }
    return undefined;
  } catch {
    return undefined;
  }
}
