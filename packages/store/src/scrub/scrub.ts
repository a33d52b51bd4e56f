import { setTimeout as sleep } from 'node:timers/promises';
import type { Blobs } from '../blobs/blobs.ts';
import { checkSize, DamagedError } from '../blobs/damage.ts';
import type { ScrubState } from '../model.ts';
import type { LogEntry, ScrubFigures } from '../options.ts';
import { type Checking, checkBlob, type OnRead } from './check-blob.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Blobs taken from the index at once. */
const PAGE = 64;
/** Where it is, is written this often (milliseconds), so that a kill costs little reading. */
const SAVE_MS = 2000;
/** While there are requests, it reads at the pace that its schedule needs, and at least this many bytes per second. */
const MIN_BUSY_BYTES_PER_SECOND = 256 * 1024;
/** Pauses shorter than this many milliseconds are put together. */
const MIN_PAUSE_MS = 10;

type Options = Checking & {
  blobs: Blobs;
  /** Everything is read once in this many days; 0: never. */
  days: number;
  /** Bytes a second while there are no requests. */
  idleBytesPerSecond: number;
  /** Milliseconds between two looks at what is damaged, and may have come back. */
  recheckMs: number;
  /** Whether there are requests. */
  isBusy: () => boolean;
  log: (entry: LogEntry) => void;
};

/**
 * Reads everything again and again in the background and compares it with its MD5, so that damage is found while
 * there still is another copy. Goes on after a restart where it was.
 */
export class Scrub {
  readonly #options: Options;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #checkedBytes = 0;
  #checkedBlobs = 0;
  /** Milliseconds still to be paused. */
  #debtMs = 0;
  #bytesPerSecond = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#running = this.#run().catch((error) => {
      if (!this.#stop.signal.aborted) options.log({ type: 'error', message: `the scrub failed: ${error}` });
    });
  }

  figures(): ScrubFigures {
    const { reader, days } = this.#options;
    const state = reader.scrubState();
    return {
      checkedBytes: this.#checkedBytes,
      checkedBlobs: this.#checkedBlobs,
      lastPassAt: state?.finishedAt ?? state?.startedAt,
      intervalMs: days * DAY_MS,
    };
  }

  /** Resolves when nothing is read any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { reader, days, recheckMs } = this.#options;
    await this.#recheck(() => true);
    for (;;) {
      const state = reader.scrubState();
      const isInProgress = state !== undefined && !isFinished(state);
      const dueAt = state === undefined ? 0 : state.startedAt + days * DAY_MS;
      if (days > 0 && (isInProgress || Date.now() >= dueAt)) await this.#pass(isInProgress ? state : undefined);
      await sleep(recheckMs, undefined, { signal: this.#stop.signal, ref: false });
      await this.#recheck((reason) => reason === 'missing' || reason === 'short');
    }
  }

  /** Goes through all blobs, from where an earlier pass stopped. */
  async #pass(begun: ScrubState | undefined): Promise<void> {
    const { reader, writer, log } = this.#options;
    const { startedAt, after, finishedAt } = begun ?? {
      startedAt: Date.now(),
      after: '',
      finishedAt: reader.scrubState()?.finishedAt,
    };
    const save = (state: Omit<ScrubState, 'startedAt'>) =>
      writer.run({ type: 'saveScrub', state: { startedAt, ...state } });
    this.#bytesPerSecond = await this.#neededPace();
    const pass = { type: 'scrub' as const, blobs: 0, bytes: 0, damaged: 0 };
    log({ ...pass, state: begun === undefined ? 'began' : 'resumed' });
    await save({ after, finishedAt });
    const before = { bytes: this.#checkedBytes, blobs: this.#checkedBlobs };
    let savedAt = performance.now();
    for await (const { blob, isWhole } of checkAll(this.#options, { after, onRead: this.#onRead })) {
      this.#checkedBlobs += 1;
      if (!isWhole) pass.damaged += 1;
      if (performance.now() - savedAt < SAVE_MS) continue;
      await save({ after: blob, finishedAt });
      savedAt = performance.now();
    }
    await save({ after: '', finishedAt: Date.now() });
    const [blobs, bytes] = [this.#checkedBlobs - before.blobs, this.#checkedBytes - before.bytes];
    log({ ...pass, state: 'finished', blobs, bytes });
  }

  /** Looks again at what is damaged: its file may be back. */
  async #recheck(applies: (reason: string | undefined) => boolean): Promise<void> {
    const { reader, blobs } = this.#options;
    for (const blob of reader.damagedBlobs()) {
      const stored = reader.storedBlob(blob);
      if (stored === undefined || !applies(reader.damageOf(blob))) continue;
      this.#stop.signal.throwIfAborted();
      try {
        await checkSize(blobs, stored);
      } catch (error) {
        if (error instanceof DamagedError) continue;
        throw error;
      }
      await checkBlob(this.#options, blob, this.#onRead);
    }
  }

  readonly #onRead: OnRead = async (bytes) => {
    this.#stop.signal.throwIfAborted();
    this.#checkedBytes += bytes;
    const { isBusy, idleBytesPerSecond } = this.#options;
    const pace = Math.max(this.#bytesPerSecond, isBusy() ? MIN_BUSY_BYTES_PER_SECOND : idleBytesPerSecond);
    this.#debtMs += (bytes / pace) * 1000;
    if (this.#debtMs < MIN_PAUSE_MS) return;
    const pause = this.#debtMs;
    this.#debtMs = 0;
    await sleep(pause, undefined, { signal: this.#stop.signal, ref: false });
  };

  /** Bytes a second that read all of the disk that is in use, and so all of ours, in the time. */
  async #neededPace(): Promise<number> {
    const { blobs, days } = this.#options;
    return (await blobs.usedBytes()) / ((days * DAY_MS) / 1000);
  }
}

const isFinished = ({ startedAt, finishedAt }: ScrubState) => finishedAt !== undefined && finishedAt >= startedAt;

/** Checks every blob after `after`, and yields each result. */
export async function* checkAll(
  checking: Checking,
  { after, onRead }: { after: string; onRead: OnRead },
): AsyncGenerator<{ blob: string; isWhole: boolean }> {
  let page = checking.reader.storedBlobs(after, PAGE);
  while (page.length > 0) {
    for (const { blob } of page) yield { blob, isWhole: await checkBlob(checking, blob, onRead) };
    page = checking.reader.storedBlobs(page.at(-1)?.blob ?? '', PAGE);
  }
}
