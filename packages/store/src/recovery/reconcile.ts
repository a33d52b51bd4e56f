import { unlink } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type Blobs, blobFolders, PARTIAL, runOf } from '../blobs/blobs.ts';
import { readChanges } from '../blobs/changes.ts';
import type { LostFound } from '../blobs/lost-found.ts';
import { type BlobRecord, readSealedBlob } from '../blobs/record.ts';
import type { IndexReader } from '../catalog/reader.ts';
import { UnsoundIndexError } from '../catalog/soundness.ts';
import type { ObjectName } from '../model.ts';
import { Changes } from './changes.ts';
import { fixTrailer } from './fix-trailer.ts';

/** At most this many unknown blobs of runs before the last one; more cannot come from a kill. */
const MAX_UNKNOWN_OF_EARLIER_RUNS = 16;

/** At most this many objects without their bytes are named in the log. */
const MAX_NAMED = 1000;

export type Reconciled = {
  /** Files removed that certainly were not used. */
  removed: number;
  /** Files moved to lost+found. */
  setAside: number;
  /** Objects and parts whose bytes are not on the disk: they are kept, and can be read once the file is back. */
  lost: ObjectName[];
  /** The files that they need. */
  lostBlobs: string[];
  /** Files without bytes of their own, such as manifests, that were missing and are made again from the index. */
  madeAgain: string[];
};

type Options = {
  blobs: Blobs;
  reader: IndexReader;
  changes: string;
  lostFound: LostFound;
  /** The newest object of the index. */
  lastObjectId: number;
  /** Blobs that a run can have left behind sealed and not acknowledged. */
  maxInProgress: number;
};

/**
 * Compares disk and index before the store serves. What is certainly not used is removed, what may have been
 * acknowledged is set aside.
 * @throws {UnsoundIndexError} where there is so much of it, or such, that the index must be older than the blobs; then
 * nothing has changed
 */
export async function reconcile(options: Options): Promise<Reconciled> {
  const { blobs, reader, lostFound } = options;
  const { strangers, lost } = await compare(options);
  const judge = new Judge(options);
  const judged = strangers.map((blob) => ({ blob, verdict: judge.verdictOn(blob) }));
  judge.throwIfOlder();

  const folders = new Set<string>();
  const result: Reconciled = { removed: 0, setAside: 0, lost: [], lostBlobs: [], madeAgain: [] };
  for (const { blob, verdict } of judged) {
    folders.add(blob.slice(0, blob.indexOf('/')));
    if (verdict === 'superfluous') {
      await unlink(blobs.path(blob)).catch(() => {});
      result.removed += 1;
    } else {
      lostFound.take(blob);
      result.setAside += 1;
    }
  }
  // Before anything is served: one that came back later would be taken for a write of today by a rebuild.
  if (result.setAside > 0) await lostFound.sync();
  for (const folder of folders) await blobs.syncFolder(folder);
  for (const blob of lost) {
    const isBack = reader.storedBlob(blob)?.size === 0 && (await isMadeAgain(options, blob));
    result[isBack ? 'madeAgain' : 'lostBlobs'].push(blob);
    if (!isBack && result.lost.length < MAX_NAMED) result.lost.push(...reader.usersOf(blob));
  }
  return result;
}

async function isMadeAgain({ blobs, reader }: Options, blob: string): Promise<boolean> {
  const state = await fixTrailer({ blobs, index: reader.path }, { blob, size: 0 }).catch(() => 'left');
  return state === 'fixed';
}

/** Files that the index does not know, and blobs that it knows and the disk does not have. */
async function compare({ blobs, reader }: Options): Promise<{ strangers: string[]; lost: string[] }> {
  const strangers: string[] = [];
  const lost: string[] = [];
  for (const folder of blobFolders()) {
    const known = reader.blobsIn(folder);
    for (const name of await blobs.earlierIn(folder)) {
      const blob = `${folder}/${name}`;
      if (!known.delete(blob)) strangers.push(blob);
    }
    for (const blob of known) if (runOf(blob) !== blobs.run) lost.push(blob);
    await turn();
  }
  return { strangers, lost };
}

/** Says of files that the index does not know what they are. */
class Judge {
  readonly #options: Options;
  readonly #runs: Set<string>;
  readonly #lastRun: string | undefined;
  readonly #changes: Changes;
  #older = false;
  #ofLastRun = 0;
  #ofOthers = 0;

  constructor(options: Options) {
    this.#options = options;
    const earlier = options.reader.runs().filter((run) => run !== options.blobs.run);
    this.#runs = new Set(earlier);
    this.#lastRun = earlier.at(-1);
    this.#changes = new Changes(readChanges(options.changes).groups.flatMap(({ changes }) => changes));
  }

  verdictOn(blob: string): 'superfluous' | 'unknown' {
    if (blob.endsWith(PARTIAL) || this.#changes.voids.has(blob)) return 'superfluous';
    const sealed = runOf(blob) === undefined ? undefined : this.#read(blob);
    if (sealed !== undefined && this.#isSuperseded(sealed)) return 'superfluous';
    const run = runOf(blob);
    if (run !== undefined && run === this.#lastRun) this.#ofLastRun += 1;
    else this.#ofOthers += 1;
    if (sealed === undefined) return 'unknown';
    const knewMore = 'after' in sealed && sealed.after > this.#options.lastObjectId;
    if (knewMore || !this.#runs.has(run ?? '')) this.#older = true;
    return 'unknown';
  }

  /** @throws {UnsoundIndexError} */
  throwIfOlder(): void {
    if (this.#older) throw new UnsoundIndexError('index.sqlite is older than the photos beside it');
    if (this.#ofLastRun > this.#options.maxInProgress || this.#ofOthers > MAX_UNKNOWN_OF_EARLIER_RUNS) {
      const count = this.#ofLastRun + this.#ofOthers;
      throw new UnsoundIndexError(`index.sqlite does not know ${count} of the files beside it`);
    }
  }

  #read(blob: string): BlobRecord | undefined {
    try {
      return readSealedBlob(this.#options.blobs.path(blob))?.record;
    } catch {
      return undefined;
    }
  }

  /** Whether a later write, a delete, or the end of its upload took the place of what the blob was written for. */
  #isSuperseded(record: BlobRecord): boolean {
    const { reader } = this.#options;
    if (record.kind === 'bytes') return false;
    if (record.kind === 'part') {
      if (this.#changes.endedUploads.has(record.uploadId)) return true;
      if (reader.isCompleted(record.uploadId)) return true;
      return (reader.partSequence(record.uploadId, record.number) ?? 0) > record.sequence;
    }
    if (record.kind === 'manifest' && this.#changes.isAborted(record.uploadId)) return true;
    if (this.#changes.deletedAt(record.bucket, record.key) > record.sequence) return true;
    const bucket = reader.findBucket(record.bucket);
    const object = bucket && reader.findObject(bucket.id, record.key);
    return object !== undefined && object.sequence > record.sequence;
  }
}
