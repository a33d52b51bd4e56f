import type { UploadSummary } from '../base/results.ts';
import type { ManifestEntry } from '../run/manifest.ts';
import type { PickedFile } from './blob-source.ts';
import { Engine, type EngineOptions, type EventBatch } from './engine.ts';
import { asError, type FromEngine, plainError, type ToEngine } from './worker-messages.ts';

export type UploaderOptions = EngineOptions & {
  /** URL of the worker's script. Without it, or where workers cannot start, the engine runs in the page. */
  workerUrl?: string | URL | undefined;
  /** Called at most ten times a second. It must not throw. */
  onEvents: (batch: EventBatch) => void;
};

/** Uploads files of a page. Errors are told by their `name`: `AuthenticationError`, `RefusedError`, `UnavailableError` … */
export interface Uploader {
  /**
   * Adds files, any number at once; they are sent when `start` is called.
   * @returns the same files, which know their sizes from now on. In Chromium a file that was just chosen asks the
   * browser's main process for its size, and its page stands still for half a millisecond.
   */
  add(files: readonly PickedFile[]): Promise<PickedFile[]>;
  /**
   * Plans, uploads and verifies everything that was added since the last start.
   * @throws what makes the run pointless, and an `AbortError` after `cancel`.
   */
  start(): Promise<UploadSummary>;
  /**
   * What the runs so far have stored, with the MD5 of every file. Files that went up in parts are read once more.
   * @throws what says that such a file cannot be read any more.
   */
  manifest(): Promise<readonly ManifestEntry[]>;
  pause(): void;
  resume(): void;
  /** Ends the run; what arrived stays, and a later run resumes it. */
  cancel(): void;
  /** Ends everything at once. */
  close(): void;
}

/** At most this many files go to the worker in one message, so that the page stays quick: each takes half a millisecond. */
const MESSAGE_FILES = 25;
/** A worker that has not started by then is not waited for. */
const WORKER_START_MS = 10_000;

type Order = Exclude<ToEngine, { kind: 'open' | 'add' | 'manifest' }>['kind'];
type Runner = {
  add(files: readonly PickedFile[]): Promise<readonly PickedFile[]>;
  start(): Promise<UploadSummary>;
  manifest(): Promise<readonly ManifestEntry[]>;
  order(kind: Exclude<Order, 'start'>): void;
  close(): void;
};

export function createUploader({ workerUrl, onEvents, ...options }: UploaderOptions): Uploader {
  const runner = (workerUrl === undefined ? Promise.reject() : startWorker(workerUrl, options, onEvents)).catch(() =>
    inPage(options, onEvents),
  );
  const order = (kind: Exclude<Order, 'start'>) => void runner.then((it) => it.order(kind));
  return {
    async add(files) {
      const it = await runner;
      const known: PickedFile[] = [];
      for (let at = 0; at < files.length; at += MESSAGE_FILES) {
        known.push(...(await it.add(files.slice(at, at + MESSAGE_FILES))));
      }
      return known;
    },
    start: async () => (await runner).start(),
    manifest: async () => (await runner).manifest(),
    pause: () => order('pause'),
    resume: () => order('resume'),
    cancel: () => order('cancel'),
    close: () => void runner.then((it) => it.close()),
  };
}

function inPage(options: EngineOptions, onEvents: (batch: EventBatch) => void): Runner {
  const engine = new Engine(options, onEvents);
  return {
    async add(files) {
      engine.add(files);
      return files;
    },
    start: () =>
      engine.start().catch((error) => {
        throw asError(plainError(error));
      }),
    manifest: () => engine.manifest(),
    order: (kind) => engine[kind](),
    close: () => engine.close(),
  };
}

/** Rejects where the page may not start this worker. */
async function startWorker(
  url: string | URL,
  options: EngineOptions,
  onEvents: (batch: EventBatch) => void,
): Promise<Runner> {
  const worker = new Worker(url, { type: 'module' });
  const post = (message: ToEngine) => worker.postMessage(message);
  const ready = Promise.withResolvers<void>();
  const late = setTimeout(() => ready.reject(new Error('The worker does not start')), WORKER_START_MS);
  const added: ((files: readonly PickedFile[]) => void)[] = [];
  let run: PromiseWithResolvers<UploadSummary> | undefined;
  let manifest: PromiseWithResolvers<readonly ManifestEntry[]> | undefined;
  worker.onerror = ({ message }) => {
    const error = new Error(`The upload's worker failed: ${message}. Reload the page and upload again.`);
    ready.reject(error);
    run?.reject(error);
    manifest?.reject(error);
  };
  worker.onmessage = ({ data }: MessageEvent<FromEngine>) => {
    if (data.kind === 'ready') ready.resolve();
    else if (data.kind === 'added') added.shift()?.(data.files);
    else if (data.kind === 'events') onEvents(data.batch);
    else if (data.kind === 'summary') run?.resolve(data.summary);
    else if (data.kind === 'error') run?.reject(asError(data.error));
    else if (data.kind === 'manifest') manifest?.resolve(data.entries);
    else manifest?.reject(asError(data.error));
  };
  post({ kind: 'open', options });
  try {
    await ready.promise;
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return {
    add: (files) =>
      new Promise((resolve) => {
        added.push(resolve);
        post({ kind: 'add', files });
      }),
    start() {
      run = Promise.withResolvers();
      post({ kind: 'start' });
      return run.promise;
    },
    manifest() {
      manifest = Promise.withResolvers();
      post({ kind: 'manifest' });
      return manifest.promise;
    },
    order: (kind) => post({ kind }),
    close: () => worker.terminate(),
  };
}
