import type { DamagedError } from '../blobs/damage.ts';
import type { LogEntry } from '../options.ts';
import type { IndexReader } from './reader.ts';
import type { IndexWriter } from './writer.ts';

/** The storage class that listings and HEAD show for a damaged object, in place of one of S3's own. */
export const DAMAGED_CLASS = 'DAMAGED';

/** Keeps in the index which blobs do not hold what was stored, and logs each change of that once. */
export class Damage {
  readonly #reader: IndexReader;
  readonly #writer: IndexWriter;
  readonly #log: (entry: LogEntry) => void;

  constructor(options: { reader: IndexReader; writer: IndexWriter; log: (entry: LogEntry) => void }) {
    this.#reader = options.reader;
    this.#writer = options.writer;
    this.#log = options.log;
  }

  /** Marks the blob's objects as damaged. Never throws: where that can't be written, the next read tries again. */
  async found({ blob, reason }: DamagedError): Promise<void> {
    if (this.#reader.damageOf(blob) !== undefined) return;
    await this.#attempt(async () => {
      const { changed } = await this.#writer.run({ type: 'addDamage', blob, reason, now: Date.now() });
      if (changed !== undefined) this.#log({ type: 'damage', blob, reason, objects: changed });
    });
  }

  /** Takes the mark away, where there is one: all bytes were read and are right. Never throws. */
  async foundWhole(blob: string): Promise<void> {
    if (this.#reader.damageOf(blob) === undefined) return;
    await this.#attempt(async () => {
      const { changed } = await this.#writer.run({ type: 'removeDamage', blob });
      if (changed !== undefined) this.#log({ type: 'whole-again', blob, objects: changed });
    });
  }

  /** Is called with a blob that no longer says what it is. */
  foundTrailer(blob: string, { isFixed }: { isFixed: boolean }): void {
    this.#log({ type: 'trailer', blob, objects: this.#reader.usersOf(blob), isFixed });
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#log({ type: 'error', message: `what was found of a blob could not be recorded: ${error}` });
    }
  }
}
