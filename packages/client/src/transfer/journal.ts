import { identityOf, isSameFile } from '../base/file-identity.ts';
import type { FileStat, Memory } from '../base/ports.ts';
import type { Proof } from '../base/results.ts';

/** Where the file was, and what told its identity. */
type Remembered = FileStat & { path: string };

export type OpenEntry = Remembered & { state: 'open'; uploadId: string; partSize: number };
/** `proof`: how it was known, when it was sent, that the bytes in storage are the file's. */
export type SentEntry = Remembered & { state: 'sent'; etag: string; proof: Proof };
export type JournalEntry = OpenEntry | SentEntry;

type Line = { name: string } & JournalEntry;

/** A scope with so many more lines than names is written anew. */
const LINES_TO_SPARE = 1000;
/** Lines that wait at most to be written together. */
const MOST_QUEUED = 500;

/**
 * What runs before this one knew about a project: which question to ask storage about a file, never what the answer
 * is. Lines that can't be read are left out; a memory that fails is told once and done without.
 */
export class Journal {
  readonly #memory: Memory;
  readonly #scope: string;
  readonly #entries: Map<string, JournalEntry>;
  /** Every multipart upload that the lines tell of, also those that a later line forgets. */
  readonly #uploads: Set<string>;
  readonly #onTrouble: (error: unknown) => void;
  #queued: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #broken = false;

  private constructor(
    memory: Memory,
    scope: string,
    entries: Map<string, JournalEntry>,
    uploads: Set<string>,
    onTrouble: (error: unknown) => void,
  ) {
    this.#memory = memory;
    this.#scope = scope;
    this.#entries = entries;
    this.#uploads = uploads;
    this.#onTrouble = onTrouble;
  }

  static async open({
    memory,
    scope,
    onTrouble,
  }: {
    memory: Memory;
    scope: string;
    onTrouble: (error: unknown) => void;
  }): Promise<Journal> {
    const entries = new Map<string, JournalEntry>();
    const uploads = new Set<string>();
    try {
      const lines = await memory.load(scope);
      for (const { name, ...entry } of lines.map(parseLine).filter((line) => line !== undefined)) {
        entries.set(name, entry as JournalEntry);
        if (entry.state === 'open') uploads.add(entry.uploadId);
      }
      if (lines.length > entries.size + LINES_TO_SPARE) {
        await memory.replace(
          scope,
          [...entries].map(([name, entry]) => JSON.stringify({ name, ...entry })),
        );
      }
    } catch (error) {
      onTrouble(error);
    }
    return new Journal(memory, scope, entries, uploads, onTrouble);
  }

  /** How a file was sent, where it is the same file in every respect. */
  recallSent(name: string, source: Remembered): SentEntry | undefined {
    const entry = this.#entries.get(name);
    const same = entry?.state === 'sent' && entry.path === source.path && isSameFile(entry, source);
    return same ? entry : undefined;
  }

  /** An upload that may be gone on with: its parts are compared with the file before they count, whatever it is now. */
  recallUpload(name: string, { size }: FileStat): OpenEntry | undefined {
    const entry = this.#entries.get(name);
    return entry?.state === 'open' && entry.size === size ? entry : undefined;
  }

  /** Whether this run or one before it sent to this multipart upload. */
  knowsUpload(uploadId: string): boolean {
    return this.#uploads.has(uploadId);
  }

  /**
   * Returns at once. An open upload is written at once too, as a server of the bare contract can't be asked for it;
   * what was sent waits for `save`: storage knows it as well.
   */
  note(name: string, entry: JournalEntry): void {
    this.#entries.set(name, entry);
    if (entry.state === 'open') this.#uploads.add(entry.uploadId);
    if (this.#broken) return;
    this.#queued.push(JSON.stringify({ name, ...entry } satisfies Line));
    if (entry.state === 'open' || this.#queued.length >= MOST_QUEUED) this.save();
  }

  /** Begins to write what was noted, lines together and in order. */
  save(): void {
    if (this.#queued.length > 0) this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when everything noted so far is with the memory. */
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
      if (!this.#broken) this.#onTrouble(error);
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
    // Whatever else the identity may hold is only compared.
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
