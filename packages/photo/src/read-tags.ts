import { Bytes, Damaged, NotLoaded } from './bytes.ts';
import { readFile, UnknownFormat } from './containers/format.ts';
import { Tags } from './tags.ts';

/** A file that is read in pieces: a file on disk, a Blob, an object in storage. */
export type PhotoSource = {
  /** In bytes. */
  size: number;
  /** Reads from `from` up to, without, `to`. Fewer bytes than asked for count as the end of the file. */
  read: (from: number, to: number) => Promise<Uint8Array>;
};

/** What is read first: the heads of nearly all files are not longer. */
export const HEAD_BYTES = 64 * 1024;
/** Read at once where something lies elsewhere. */
const FURTHER_BYTES = 32 * 1024;
/** What lies elsewhere is seldom alone: a directory's values often stand before it. */
const BEFORE_BYTES = 4 * 1024;
/** Of one file, for facts. */
export const MAX_FACTS_BYTES = 1024 * 1024;
const MAX_READS = 12;

export type ReadTags = {
  tags: Tags;
  /** As an extension in lower case; undefined where the file is of no format that is known here. */
  format?: string;
  /** Why nothing, or not all, could be read. */
  reason?: string;
};

/** Loads ranges of a source as they are asked for, within the limits of this file. */
export class Loader {
  readonly bytes: Bytes;
  readonly #source: PhotoSource;
  #loaded = 0;
  #reads = 0;

  constructor(source: PhotoSource) {
    this.#source = source;
    this.bytes = new Bytes(source.size);
  }

  /** Does synchronous work on the file, again from its beginning whenever it lacks bytes. */
  async run<T>(work: (bytes: Bytes) => T): Promise<T> {
    for (;;) {
      try {
        return work(this.bytes);
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        const inHead = error.from < HEAD_BYTES;
        const from = inHead ? 0 : error.from - BEFORE_BYTES;
        const to = Math.max(error.to, from + (inHead ? HEAD_BYTES : FURTHER_BYTES));
        await this.#load(from, Math.min(this.bytes.size, to), error);
      }
    }
  }

  /** What nearly every file has all of its facts in. */
  async loadHead(): Promise<void> {
    const to = Math.min(HEAD_BYTES, this.bytes.size);
    if (to > 0) await this.#load(0, to, { from: 0, to });
  }

  async #load(from: number, to: number, wanted: { from: number; to: number }): Promise<void> {
    if (this.#reads === MAX_READS || this.#loaded + to - from > MAX_FACTS_BYTES) {
      this.bytes.close();
      return;
    }
    this.#reads += 1;
    this.#loaded += to - from;
    const read = await this.#source.read(from, to);
    this.bytes.add(from, read);
    if (from + read.length < wanted.to) this.bytes.close();
  }
}

/** All tags of a file that are known here. Never fails for what the file holds; only where `read` fails. */
export async function readTags(source: PhotoSource, name: string): Promise<ReadTags> {
  const loader = new Loader(source);
  let tags = new Tags();
  await loader.loadHead();
  try {
    const format = await loader.run((bytes) => {
      tags = new Tags();
      return readFile(bytes, name, tags);
    });
    return { tags, format };
  } catch (error) {
    if (error instanceof UnknownFormat) return { tags: new Tags(), reason: `${error.message}.` };
    if (error instanceof Damaged) return { tags, reason: `It is damaged or cut short: ${error.message}.` };
    throw error;
  }
}
