/// <reference lib="dom" />
import {
  createUploader,
  type EventBatch,
  mhlDocument,
  Photos,
  type PickedBatch,
  type PickedFile,
  type Progress,
  type Uploader,
  type UploadState,
  type UploadSummary,
} from '@darkslide/client/browser';
import { type Item, itemsOf } from './items.ts';
import { receipt } from './receipt.ts';
import { Sets } from './sets.ts';
import { Shoot } from './shoot.ts';
import { readToken, type TokenInfo } from './token.ts';

export type RunOptions = { server: string; token: string; info: TokenInfo; workerUrl: string | URL | undefined };

/**
 * What a run is doing. `stopped`: by the person. `suspended`: the page is not shown. `broken`: by something that makes
 * going on pointless for now.
 */
export type Phase = 'idle' | 'running' | 'finished' | 'stopped' | 'suspended' | 'broken';

export type RunListener = {
  change: () => void;
  progress: () => void;
  preview: () => void;
  summary: (summary: UploadSummary) => void;
};

/** Files that the engine takes before the page shows their sizes. */
const ADDED_AT_ONCE = 200;

/** The files that one page sends, from the first choice on: several runs of the engine, one after the other. */
export class Run {
  readonly shoot = new Shoot();
  readonly sets = new Sets();
  readonly photos: Photos;
  /** How many photos the files are, where they say so; and whether more are being read. */
  photoState: { isReading: boolean; photos: number | undefined } = { isReading: false, photos: undefined };
  readonly notices: string[] = [];
  phase: Phase = 'idle';
  state: UploadState = 'planning';
  progress: Progress | undefined;
  isReading = false;
  /** Files of the last choice that are not photos. */
  leftOut = 0;
  problem: Error | undefined;
  /** Why something is tried again, until a file has arrived. */
  retrying: string | undefined;
  readonly #options: RunOptions;
  readonly #onChange: () => void;
  readonly #onProgress: () => void;
  readonly #onSummary: (summary: UploadSummary) => void;
  #uploader: Uploader | undefined;
  #waiting = 0;
  #items: { items: readonly Item[]; version: string } | undefined;

  constructor(options: RunOptions, on: RunListener) {
    this.#options = options;
    this.#onChange = on.change;
    this.#onProgress = on.progress;
    this.#onSummary = on.summary;
    this.photos = new Photos(options.workerUrl, {
      groups: (changes) => this.sets.update(changes),
      state: (state) => {
        this.photoState = state;
        on.progress();
      },
      preview: on.preview,
    });
  }

  /** The lines of the list. The same array as long as nothing changes. */
  items(): readonly Item[] {
    const version = `${this.shoot.version} ${this.sets.version}`;
    if (this.#items?.version !== version) this.#items = { items: itemsOf(this.shoot.rows, this.sets), version };
    return this.#items.items;
  }

  /** Takes a choice, and sends it: at once, or after what is being sent. */
  async take(batches: AsyncIterable<PickedBatch>): Promise<void> {
    this.isReading = true;
    this.#onChange();
    let last: PickedBatch | undefined;
    const added: PickedFile[] = [];
    for await (const batch of batches) {
      last = batch;
      added.push(...this.shoot.add(batch.files));
      this.#onChange();
      await nextTask();
    }
    this.leftOut = last?.leftOut.total ?? 0;
    this.shoot.addUnreadable(last?.unreadable ?? []);
    await this.#add(added);
    this.isReading = false;
    this.#onChange();
    await this.#send();
  }

  /** Sends everything that is not stored. */
  async retry(): Promise<void> {
    await this.#add(this.shoot.takeUnsent());
    await this.#send();
  }

  /**
   * What became of every file; as `mhl` a list of hashes of all that is stored.
   * @throws of `mhl`, where a file that went up in parts cannot be read any more.
   */
  async receipt(format: 'json' | 'csv' | 'mhl'): Promise<string> {
    if (format !== 'mhl') return receipt(this.shoot.results(), (path) => this.sets.placeOf(path), format);
    const entries = (await this.#uploader?.manifest()) ?? [];
    return mhlDocument(entries, { host: location.hostname, version: '1', now: new Date() });
  }

  pause(): void {
    this.#uploader?.pause();
  }

  resume(): void {
    this.#uploader?.resume();
  }

  stop(): void {
    this.#uploader?.cancel();
  }

  /** Ends while the page is away: a page that a browser keeps may hold the project's lock for ever. */
  suspend(): void {
    if (this.phase !== 'running') return;
    this.#closeUploader();
    this.#waiting = 0;
    this.#set('suspended');
  }

  /** Goes on where `suspend` ended it. */
  async wake(): Promise<void> {
    if (this.phase === 'suspended') await this.retry();
  }

  close(): void {
    this.#closeUploader();
    this.photos.close();
  }

  #closeUploader(): void {
    this.#uploader?.close();
    this.#uploader = undefined;
  }

  async #add(files: PickedFile[]): Promise<void> {
    for (let at = 0; at < files.length; at += ADDED_AT_ONCE) {
      this.#uploader ??= this.#open();
      const uploader = this.#uploader;
      const known = await uploader.add(files.slice(at, at + ADDED_AT_ONCE));
      if (this.#uploader !== uploader) return;
      this.#waiting += known.length;
      this.shoot.learn(known);
      this.photos.add(known);
      this.#onChange();
    }
  }

  async #send(): Promise<void> {
    if (this.phase === 'running') return;
    while (this.#waiting > 0 && this.#uploader) {
      this.#waiting = 0;
      this.#set('running');
      try {
        const summary = await this.#uploader.start();
        this.#set('finished');
        this.#onSummary(summary);
        if (summary.failed > 0) await this.#checkLink();
      } catch (error) {
        this.#end(error as Error);
        return;
      }
    }
  }

  /** Files that failed, one after the other, may have one reason: the link has ended. */
  async #checkLink(): Promise<void> {
    const { server, token } = this.#options;
    const info = await readToken(server, token);
    if (!('kind' in info) || info.kind !== 'refused') return;
    this.problem = Object.assign(new Error(info.message), { name: 'AuthenticationError' });
    this.#onChange();
  }

  #end(error: Error): void {
    this.#waiting = 0;
    const isStopped = error.name === 'AbortError';
    this.problem = isStopped ? undefined : error;
    this.#set(isStopped ? 'stopped' : 'broken');
  }

  #set(phase: Phase): void {
    this.phase = phase;
    if (phase === 'running') {
      this.problem = undefined;
      this.retrying = undefined;
      this.state = 'planning';
      this.progress = undefined;
    }
    this.#onChange();
  }

  #open(): Uploader {
    const { info, ...connection } = this.#options;
    return createUploader({
      ...connection,
      project: { uuid: info.project_uuid },
      flow: info.flow,
      duplicates: 'rename',
      onEvents: (batch) => this.#onEvents(batch),
    });
  }

  #onEvents(batch: EventBatch): void {
    this.shoot.update(batch);
    this.notices.push(...batch.notices);
    this.state = batch.state ?? this.state;
    this.progress = batch.progress ?? this.progress;
    if (batch.results.length > 0) this.retrying = undefined;
    this.retrying = batch.retrying ?? this.retrying;
    this.#onProgress();
    if (batch.state) this.#onChange();
  }
}

/** Lets the page draw and respond; a timer would wait for a second in a hidden tab. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
