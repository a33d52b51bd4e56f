import type { PhotoFacts, PhotoSource, ShootFile } from '@darkslide/photo';
import { readPhoto } from '@darkslide/photo/read-photo';
import type { PickedFile } from '../blob-source.ts';

/** A few reads are on their way at once, so that a slow disk is not waited for; more would be felt by the upload. */
const READ_AT_ONCE = 2;
/** Reading many files smaller than this would be felt by the upload: a head is a large share of each. */
const LIGHT_FILE_BYTES = 500_000;
/** This many may be smaller. */
const MAX_LIGHT_FILES = 1000;
/** What is known of more files than this would not fit into a phone's memory. */
const MAX_FILES = 50_000;

type Head = { picked: PickedFile; facts?: PhotoFacts };

/** Reads the heads of photos, one after the other. */
export class Heads {
  readonly #heads = new Map<string, Head>();
  readonly #onRead: () => void;
  #queue: Head[] = [];
  /** The next one in the queue. */
  #at = 0;
  #active = 0;
  #bytes = 0;

  /** @param onRead called after each. */
  constructor(onRead: () => void) {
    this.#onRead = onRead;
  }

  get isReading(): boolean {
    return this.#active > 0;
  }

  /** Whether these files are read at all. */
  get isOff(): boolean {
    const count = this.#heads.size;
    return count > MAX_FILES || (count > MAX_LIGHT_FILES && this.#bytes / count < LIGHT_FILE_BYTES);
  }

  add(files: readonly PickedFile[]): void {
    for (const picked of files) {
      const known = this.#heads.get(picked.path)?.picked.file;
      if (known?.size === picked.file.size && known.lastModified === picked.file.lastModified) continue;
      const head = { picked };
      this.#bytes += picked.file.size - (known?.size ?? 0);
      this.#heads.set(picked.path, head);
      this.#queue.push(head);
    }
    while (this.#active < READ_AT_ONCE && this.#at < this.#queue.length && !this.isOff) void this.#work();
  }

  /** The file of a path, with what it says. Undefined where it was not added, or is not read. */
  async read(path: string): Promise<{ file: File; facts: PhotoFacts } | undefined> {
    const head = this.#heads.get(path);
    if (!head || (this.isOff && !head.facts)) return undefined;
    return { file: head.picked.file, facts: await factsOf(head) };
  }

  /** What was read so far. */
  files(): ShootFile[] {
    return [...this.#heads.values()].flatMap(({ picked: { file, path }, facts }) =>
      facts ? { path, size: file.size, modifiedAtMs: file.lastModified, facts } : [],
    );
  }

  async #work(): Promise<void> {
    this.#active += 1;
    for (let head = this.#next(); head; head = this.#next()) {
      await factsOf(head);
      this.#onRead();
    }
    this.#active -= 1;
    this.#onRead();
  }

  #next(): Head | undefined {
    if (this.isOff) return undefined;
    const head = this.#queue[this.#at];
    if (head) this.#at += 1;
    else [this.#queue, this.#at] = [[], 0];
    return head;
  }
}

/** A file that cannot be read now is the upload's to report. */
async function factsOf(head: Head): Promise<PhotoFacts> {
  const { file } = head.picked;
  head.facts ??= await readPhoto(sourceOf(file), file.name).catch(
    (error): PhotoFacts => ({ kind: 'unknown', reason: String(error) }),
  );
  return head.facts;
}

export const sourceOf = (file: Blob): PhotoSource => ({
  size: file.size,
  read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
});
