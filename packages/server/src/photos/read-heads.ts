import { type PhotoFacts, readPhoto } from '@darkslide/photo';
import type { FileTable } from '../arrivals/file-table.ts';
import { listedFile } from '../arrivals/stored-files.ts';
import { mapWithLimit } from '../base/map-with-limit.ts';
import { keyOf, thumbnailKeyOf } from '../storage/object-keys.ts';
import { type ObjectStore, StorageUnavailableError } from '../storage/object-store.ts';
import { makeThumbnail } from './make-thumbnail.ts';
import type { PhotoTable, ReadHead, UnreadPhoto, UnreadPosition } from './photo-table.ts';
import { rememberReads } from './remembered-reads.ts';

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
        heads.push(await this.#readHead(photo));
      } catch (error) {
        if (error instanceof ObjectChanged) return await this.#lookAgain(photo);
        if (!(error instanceof StorageUnavailableError)) throw error;
        failures.push(error);
      }
    });
    await this.#options.photos.save(heads);
    await this.#removeUnused(batch, heads);
    const [failure] = failures;
    if (failure !== undefined && failures.length === batch.length) throw failure;
    return heads.length;
  }

  async #readHead({ projectId, projectUuid, name, size, etag }: UnreadPhoto): Promise<ReadHead> {
    const read = async (from: number, to: number) => {
      if (from >= to) return new Uint8Array();
      const bytes = await this.#options.store.read(keyOf(projectUuid, name), { from, to, etag });
      if (bytes === undefined) throw new ObjectChanged();
      return bytes;
    };
    const source = rememberReads({ size, read });
    const facts = await readPhoto(source, name);
    const jpeg = await makeThumbnail(source, facts);
    const thumbnail = jpeg !== undefined && (await this.#write(thumbnailKeyOf(projectUuid, name), jpeg));
    return { projectId, name, etag, facts: JSON.stringify(facts), thumbnail };
  }

  /** A storage that takes nothing more still has its photos listed. */
  async #write(key: string, jpeg: Uint8Array): Promise<boolean> {
    try {
      await this.#options.store.writeJpeg(key, jpeg);
      return true;
    } catch (error) {
      if (error instanceof StorageUnavailableError) return false;
      throw error;
    }
  }

  /** Thumbnails of files that were deleted or replaced while they were read. */
  async #removeUnused(batch: readonly UnreadPhoto[], heads: readonly ReadHead[]): Promise<void> {
    const { photos, store } = this.#options;
    const made = heads.filter(({ thumbnail }) => thumbnail);
    for (const [id, group] of Map.groupBy(made, ({ projectId }) => projectId)) {
      const uuid = batch.find(({ projectId }) => projectId === id)?.projectUuid;
      const names = group.map(({ name }) => name);
      const used = await photos.withThumbnail(id, names);
      for (const name of names) {
        if (uuid !== undefined && !used.has(name)) await store.remove(thumbnailKeyOf(uuid, name));
      }
    }
  }

  /** Takes over what storage has now; the next pass reads that. */
  async #lookAgain({ projectId, projectUuid, name, etag }: UnreadPhoto): Promise<void> {
    const { files, photos, store } = this.#options;
    const object = await store.head(keyOf(projectUuid, name));
    if (object === undefined) await files.forget(projectId, { lost: [name] });
    else if (object.damaged) await files.forget(projectId, { damaged: [name] });
    else if (object.etag !== etag) await files.store(projectId, [listedFile(name, object)]);
    else await photos.save([{ projectId, name, etag, facts: JSON.stringify(NOT_RETURNED), thumbnail: false }]);
  }
}

const NOT_RETURNED: PhotoFacts = { kind: 'unknown', reason: 'The storage did not return its first bytes.' };
