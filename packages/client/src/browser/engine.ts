import type { Family } from '@darkslide/contract';
import type { Ports } from '../base/ports.ts';
import type { FileResult, UploadSummary } from '../base/results.ts';
import { systemClock } from '../base/system-clock.ts';
import { Client } from '../client.ts';
import type { DuplicatePolicy, Plan } from '../plan/plan.ts';
import type { FileInFlight, Progress, UploadEvent } from '../run/events.ts';
import { type ManifestEntry, manifestOf } from '../run/manifest.ts';
import { UploadControl } from '../schedule/control.ts';
import { createBlobSource, type PickedFile } from './blob-source.ts';
import { createDatabaseMemory } from './database-memory.ts';
import { Md5Pool } from './md5-pool.ts';
import { createBrowserTransport } from './xhr-transport.ts';

export type EngineOptions = {
  /** The server's URL. */
  server: string;
  /** An upload token or an API key. */
  token: string;
  project: { uuid: string };
  flow: Family;
  /** What to do when different files have the same name. @default 'error' */
  duplicates?: DuplicatePolicy | undefined;
  /** Replace files that the project contains with other content. @default false */
  overwrite?: boolean | undefined;
  /** Parallel transfers, 1 to 256. @default as many as browsers have connections to one host, less one */
  concurrency?: number | undefined;
};

export type UploadState = 'planning' | 'sending' | 'paused' | 'offline' | 'confirming' | 'done' | 'failed';

/** What happened since the last batch. */
export type EventBatch = {
  progress?: Progress;
  inFlight: readonly FileInFlight[];
  /** Files that got a result. One that the check at the end fails comes again. */
  results: FileResult[];
  /** Something to know about this server, storage, browser or run. */
  notices: string[];
  /** Why something failed last and is tried again. */
  retrying?: string;
  state?: UploadState;
};

/** Batches come at most this often. */
const BATCH_MS = 100;
/** Browsers open six connections to a host by HTTP/1.1; the API may need one. A request that waits for one would count as stalled. */
const CONNECTIONS = 5;
/** WebKit's parts are copied into memory. */
const WEBKIT_PART_BYTES = 16 * 1024 * 1024;
const WEBKIT_CONNECTIONS = 4;

/** The whole upload, in whatever thread it is made in. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #onEvents: (batch: EventBatch) => void;
  readonly #picked: PickedFile[] = [];
  readonly #pool = new Md5Pool();
  readonly #plans: Plan[] = [];
  /** By path: what became of each file, in whatever run. */
  readonly #results = new Map<string, FileResult>();
  readonly #control = new UploadControl();
  #abort = new AbortController();
  #batch: EventBatch = emptyBatch();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paused = false;

  constructor(options: EngineOptions, onEvents: (batch: EventBatch) => void) {
    this.#options = options;
    this.#onEvents = onEvents;
  }

  add(files: readonly PickedFile[]): void {
    for (const file of files) this.#picked.push(file);
  }

  /** Sends what was added since the last start. */
  async start(): Promise<UploadSummary> {
    this.#abort = new AbortController();
    const net = () => this.#onNetwork();
    globalThis.addEventListener('offline', net);
    globalThis.addEventListener('online', net);
    try {
      const { server, project } = this.#options;
      const summary = await this.#alone(`darkslide ${server} ${project.uuid}`, () => this.#upload());
      this.#set('done');
      return summary;
    } catch (error) {
      this.#set('failed');
      throw error;
    } finally {
      globalThis.removeEventListener('offline', net);
      globalThis.removeEventListener('online', net);
      this.#flush();
    }
  }

  /**
   * What the runs so far have stored, with the MD5 of every file. Files that went up in parts are read once more.
   * @throws {SourceError} where such a file is not the one that was sent any more.
   */
  async manifest(): Promise<ManifestEntry[]> {
    const entries = new Map<string, ManifestEntry>();
    const results = [...this.#results.values()];
    for (const plan of this.#plans) {
      for (const entry of await manifestOf(plan, { results })) entries.set(entry.path, entry);
    }
    return [...entries.values()];
  }

  pause(): void {
    this.#paused = true;
    this.#control.pause();
  }

  resume(): void {
    this.#paused = false;
    if (navigator.onLine) this.#control.resume();
  }

  cancel(): void {
    this.#abort.abort(new DOMException('The upload was cancelled. A later one resumes it.', 'AbortError'));
  }

  /** Ends everything: nothing can be started any more. */
  close(): void {
    this.cancel();
    this.#pool.close();
  }

  /** Not before another tab of this browser has finished with the project: two would send every file twice. */
  async #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { locks } = navigator as { locks?: LockManager };
    if (!locks) {
      this.#notice('This page is not on https, so two tabs do not know of each other. Upload in one tab only.');
      return work();
    }
    const { signal } = this.#abort;
    const free = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { result: await work() } : undefined,
    );
    if (free) return free.result;
    this.#notice('Another tab uploads to this project. This one begins when that one has finished.');
    return locks.request(name, { signal }, work) as Promise<T>;
  }

  async #upload(): Promise<UploadSummary> {
    const pool = this.#pool;
    const { server, token, project, flow, duplicates, overwrite, concurrency } = this.#options;
    const { signal } = this.#abort;
    this.#set('planning');
    const client = new Client({ url: server, apiKey: token }, portsOf(pool));
    const buffered = isWebKit();
    const files = this.#picked.splice(0).map((picked) => createBlobSource({ ...picked, pool, buffered }));
    const plan = await client.planFiles({ files, duplicates, signal });
    this.#plans.push(plan);
    return client.uploadPlan(plan, {
      ...{ project, flow, overwrite, signal, control: this.#control },
      concurrency: concurrency ?? (buffered ? WEBKIT_CONNECTIONS : CONNECTIONS),
      ...(buffered && { multipartAbove: WEBKIT_PART_BYTES }),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  #onEvent(event: UploadEvent): void {
    if (event.type === 'planned' || event.type === 'paused' || event.type === 'resumed') {
      this.#set(this.#restingState());
    } else if (event.type === 'confirming') this.#set('confirming');
    else if (event.type === 'notice') this.#notice(event.message);
    else if (event.type === 'retrying') {
      this.#batch.retrying = event.reason;
      this.#later();
    } else if (event.type === 'file-finished') {
      this.#batch.results.push(event.result);
      this.#results.set(event.result.path, event.result);
      this.#later();
    } else if (event.type === 'progress') {
      this.#batch.progress = event.progress;
      this.#batch.inFlight = event.progress.inFlight;
      this.#later();
    }
  }

  #restingState(): UploadState {
    if (!navigator.onLine) return 'offline';
    return this.#paused ? 'paused' : 'sending';
  }

  /** Without a network nothing new begins, so that no file is given up. */
  #onNetwork(): void {
    if (!navigator.onLine) this.#control.pause();
    else if (!this.#paused) this.#control.resume();
  }

  #set(state: UploadState): void {
    this.#batch.state = state;
    this.#later();
  }

  #notice(message: string): void {
    this.#batch.notices.push(message);
    this.#later();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    this.#batch = { ...emptyBatch(), inFlight: batch.inFlight };
    this.#onEvents(batch);
  }
}

const emptyBatch = (): EventBatch => ({ inFlight: [], results: [], notices: [] });

const portsOf = (pool: Md5Pool): Ports => ({
  transport: createBrowserTransport(),
  clock: systemClock,
  random: Math.random,
  md5: (bytes) => pool.md5(bytes),
  memory: createDatabaseMemory(),
});

const isWebKit = () => /AppleWebKit/.test(navigator.userAgent) && !/Chrom(e|ium)\//.test(navigator.userAgent);
