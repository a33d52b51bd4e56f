import { type PhotoFacts, readPhoto } from '@darkslide/photo';
import type { FileTable } from '../arrivals/file-table.ts';
import { listedFile } from '../arrivals/stored-files.ts';
import { mapWithLimit } from '../base/map-with-limit.ts';
import { keyOf } from '../storage/object-keys.ts';
import { type ObjectStore, StorageUnavailableError } from '../storage/object-store.ts';
import type { PhotoTable, ReadHead, UnreadPhoto, UnreadPosition } from './photo-table.ts';

/** Files that are recorded together. */
const BATCH = 64;
/** Files that are read at once. */
const CONCURRENT_READS = 4;
const START: UnreadPosition = { projectId: -1, name: '' };

type Options = { photos: PhotoTable; files: FileTable; store: ObjectStore };

/** Storage has another object than the database says, or none that it can return. */
class ObjectChanged extends Error {
  override readonly name = 'ObjectChanged';
}

/**
 * Reads the heads of what has arrived, from any client, by ranged GETs from storage. What was read is recorded batch by
 * batch, so that a pass that is cut short costs one batch.
 */
export class HeadReading {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async hasWork(): Promise<boolean> {
    return (await this.#options.photos.unread({ after: START, limit: 1 })).length > 0;
  }

  /**
   * One pass over all that was not read. Ends early, without error, when `signal` aborts. A file that storage does not
   * return now is left for the next pass.
   * @throws {StorageUnavailableError} where storage returned none of a batch.
   */
  async run({ signal }: { signal: AbortSignal }): Promise<{ photos: number }> {
    const { photos } = this.#options;
    let after = START;
    let count = 0;
    while (!signal.aborted) {
      const batch = await photos.unread({ after, limit: BATCH });
      const last = batch.at(-1);
      if (last === undefined) break;
      after = last;
      count += await this.#read(batch);
    }
    return { photos: count };
  }

  async #read(batch: readonly UnreadPhoto[]): Promise<number> {
    const heads: ReadHead[] = [];
    const failures: StorageUnavailableError[] = [];
    await mapWithLimit(batch, CONCURRENT_READS, async (photo) => {
      try {
        const { projectId, name, etag } = photo;
        heads.push({ projectId, name, etag, facts: JSON.stringify(await this.#factsOf(photo)) });
      } catch (error) {
        if (error instanceof ObjectChanged) return await this.#lookAgain(photo);
        if (!(error instanceof StorageUnavailableError)) throw error;
        failures.push(error);
      }
    });
    await this.#options.photos.save(heads);
    const [failure] = failures;
    if (failure !== undefined && failures.length === batch.length) throw failure;
    return heads.length;
  }

  #factsOf({ projectUuid, name, size, etag }: UnreadPhoto): Promise<PhotoFacts> {
    const read = async (from: number, to: number) => {
      if (from >= to) return new Uint8Array();
      const bytes = await this.#options.store.read(keyOf(projectUuid, name), { from, to, etag });
      if (bytes === undefined) throw new ObjectChanged();
      return bytes;
    };
    return readPhoto({ size, read }, name);
  }

  /** Takes over what storage has now; the next pass reads that. */
  async #lookAgain({ projectId, projectUuid, name, etag }: UnreadPhoto): Promise<void> {
    const { files, photos, store } = this.#options;
    const object = await store.head(keyOf(projectUuid, name));
    if (object === undefined || object.damaged) await files.forget(projectId, [name]);
    else if (object.etag !== etag) await files.store(projectId, [listedFile(name, object)]);
    else await photos.save([{ projectId, name, etag, facts: JSON.stringify(NOT_RETURNED) }]);
  }
}

const NOT_RETURNED: PhotoFacts = { kind: 'unknown', reason: 'The storage did not return its first bytes.' };
