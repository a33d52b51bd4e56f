import { S3Error } from '@darkslide/s3wire';
import type { Blobs } from '../blobs/blobs.ts';
import { DEFAULT_LOST_FOUND_DAYS, LostFound } from '../blobs/lost-found.ts';
import { IndexReader } from '../catalog/reader.ts';
import { openIndex } from '../catalog/schema.ts';
import { sealIndex } from '../catalog/seal.ts';
import { isDamage, isFull, UnsoundIndexError } from '../catalog/soundness.ts';
import { IndexWriter } from '../catalog/writer.ts';
import type { LogEntry } from '../options.ts';
import { compactChanges } from './compact-changes.ts';
import { openBlobs, ownDataFolder, placesIn, prepareIndex } from './prepare-index.ts';
import { type Reconciled, reconcile } from './reconcile.ts';

/** Bytes that must be free before a store that was opened on a full disk is opened for writing. */
const MIN_RESUME_BYTES = 4 * 1024 * 1024;

export type DataOptions = {
  dataDir: string;
  /** Blobs that a run can leave behind sealed and not acknowledged. */
  maxInProgress: number;
  /** Days for which files stay in lost+found. */
  lostFoundDays: number | undefined;
  /** Bytes from which on a start makes the file of changes smaller. */
  compactChangesBytes: number;
  log: (entry: LogEntry) => void;
  onDeath: (error: Error) => void;
};

/** The bytes and the index of a data folder, which agree. */
export class Data {
  readonly blobs: Blobs;
  readonly reader: IndexReader;
  readonly writer: IndexWriter;
  readonly lostFound: LostFound;
  readonly #options: DataOptions;
  readonly #isNew: boolean;

  private constructor(options: DataOptions, { blobs, isNew }: { blobs: Blobs; isNew: boolean }) {
    this.#options = options;
    this.#isNew = isNew;
    this.blobs = blobs;
    this.lostFound = new LostFound(options.dataDir);
    this.reader = new IndexReader(placesIn(options.dataDir).index);
    this.writer = new IndexWriter({ onDeath: options.onDeath, resume: () => this.#resume() });
  }

  /**
   * Opens the folder, which the caller holds. On a full disk only for reading; then a write tries to open the rest.
   * @throws {UnsoundIndexError} where index and blobs do not fit together; then nothing was removed
   */
  static async open(options: DataOptions): Promise<Data> {
    await ownDataFolder(options.dataDir);
    try {
      const data = new Data(options, await openBlobs(options.dataDir));
      await data.#openOrRead();
      return data;
    } catch (error) {
      throw isDamage(error) ? unsound(error) : error;
    }
  }

  /** Finishes the transaction in progress, and seals the index. */
  async close(): Promise<void> {
    const wasWritable = this.writer.isOpen;
    await this.blobs.close();
    await this.#release();
    const { dataDir } = this.#options;
    if (wasWritable) await sealIndex(dataDir, placesIn(dataDir).index).catch(() => {});
  }

  async #openOrRead(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (!isStorageFull(error)) {
        await this.#release();
        throw error;
      }
      this.reader.openAlone();
      this.#options.log({ type: 'error', message: READ_ONLY });
    }
  }

  async #release(): Promise<void> {
    this.reader.close();
    await this.writer.close();
  }

  async #open(): Promise<void> {
    const { dataDir, log, maxInProgress, lostFoundDays = DEFAULT_LOST_FOUND_DAYS } = this.#options;
    const { blobs, reader, writer, lostFound } = this;
    const { index, changes } = placesIn(dataDir);
    const isNew = this.#isNew;
    const progress = (done: number) => log({ type: 'upgrade', done });
    await prepareIndex({ dataDir, blobs, isNew, progress });
    await writer.open({ path: index, changes, run: blobs.run });
    reader.open();
    const { lastObjectId } = writer;
    const reconciled = await reconcile({ blobs, reader, changes, lostFound, lastObjectId, maxInProgress });
    const expired = lostFound.expire(lostFoundDays);
    log({ type: 'sweep', removed: reconciled.removed + expired, setAside: reconciled.setAside, lost: reconciled.lost });
    for (const blob of reconciled.madeAgain) {
      log({ type: 'trailer', blob, objects: reader.usersOf(blob), isFixed: true });
    }
    await this.#mark(reconciled);
    const db = openIndex(index, { check: false, mayBeNew: false });
    const worthBytes = this.#options.compactChangesBytes;
    await compactChanges({ db, blobs, lostFound, changes, worthBytes }).finally(() => db.close());
  }

  /** Objects without their bytes are listed as damaged from the first listing on. */
  async #mark({ lostBlobs }: Reconciled): Promise<void> {
    const now = Date.now();
    await Promise.all(lostBlobs.map((blob) => this.writer.run({ type: 'addDamage', blob, reason: 'missing', now })));
  }

  async #resume(): Promise<void> {
    if ((await this.blobs.freeBytes()) < MIN_RESUME_BYTES) throw new S3Error('StorageFull');
    this.reader.openFrozen();
    try {
      await this.#open();
    } catch (error) {
      this.reader.openAlone();
      throw isStorageFull(error) ? new S3Error('StorageFull') : error;
    }
  }
}

const READ_ONLY =
  'the disk is full: stored photos can be read, and nothing can be written until there is room on the disk of the data folder';

const isStorageFull = (error: unknown) => isFull(error) || (error instanceof S3Error && error.code === 'StorageFull');

/** One sentence, with what to do. */
const unsound = (error: unknown) =>
  new UnsoundIndexError(
    `${error instanceof UnsoundIndexError ? error.message : 'index.sqlite is damaged'}: run \`darkslide store rebuild\`, which makes a new one from the photos and keeps the old one, or put the right one back`,
    { cause: error },
  );
