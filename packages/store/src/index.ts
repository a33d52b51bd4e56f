/**
 * An embedded object store that speaks S3: durable, on one machine, in a thread of its own.
 */
import { Worker } from 'node:worker_threads';
import type { LogEntry, StoreFigures, StoreOptions } from './options.ts';
import type { ThreadMessage, ThreadRequest } from './store-thread.ts';

export { FolderInUseError, FolderLock } from './blobs/lock.ts';
export { LostFound } from './blobs/lost-found.ts';
export { ownFile, ownFilesThatExist, ownFolder } from './blobs/private.ts';
export {
  type CorsRule,
  DEFAULT_CORS,
  DEFAULT_LIMITS,
  DEFAULT_SCRUB_DAYS,
  type LogEntry,
  type ScrubFigures,
  type StoreFigures,
  type StoreLimits,
  type StoreOptions,
} from './options.ts';
export { type RebuildReport, rebuildIndex } from './recovery/rebuild.ts';

export {
  type DamagedObject,
  readDamage,
  type ScrubProgress,
  type ScrubReport,
  scrubFolder,
} from './scrub/scrub-folder.ts';

export type RunningStore = {
  /** `http://host:port`. */
  url: string;
  port: number;
  /** The same store on another port, for programs of this machine: it responds whatever clients do on the first one. */
  ownUrl: string;
  /** Resolves after `close`. Rejects when the store ends by itself; the process that started it should then stop too. */
  closed: Promise<void>;
  /** Never resolves after the store was closed. */
  figures: () => Promise<StoreFigures>;
  /** Accepts no further requests, gives those in progress `graceMs` to end, and releases the data folder. */
  close: (options?: { graceMs?: number }) => Promise<void>;
};

/** V8's young generation, in MiB: the store makes little garbage, and left alone this grows to three times 16. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 4 };

/** Default of `graceMs`: milliseconds that requests in progress get to end. */
const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts a store over a data folder. Rejects where the folder is held by another store, is damaged or was written by
 * a newer version, and where the port is taken; the error has the system's `code` where there is one. `log` is called for each request, for the cleanup at start, and for failures.
 */
export async function startStore(options: StoreOptions & { log?: (entry: LogEntry) => void }): Promise<RunningStore> {
  const { log, compileCache, ...plain } = options;
  const file = import.meta.url.endsWith('.ts') ? './store-thread.ts' : './store-thread.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { options: plain, logs: log !== undefined },
    // Its threads need no variable but this one, which keeps compiled modules between starts, as `darkslide` does.
    env: compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache },
    resourceLimits: THREAD_LIMITS,
  });
  const post = (request: ThreadRequest) => worker.postMessage(request);
  let resolveFigures: (figures: StoreFigures) => void = () => {};
  let figures: Promise<StoreFigures> | undefined;
  const closed = new Promise<void>((resolve, reject) => {
    let clean = false;
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'closed') clean = true;
      if (message.type === 'log') log?.(message.entry);
      if (message.type === 'figures') resolveFigures(message.figures);
    });
    worker.on('error', reject);
    worker.on('exit', () => (clean ? resolve() : reject(new Error('the store has stopped by itself'))));
  });

  const { port, ownPort } = await Promise.race([
    new Promise<{ port: number; ownPort: number }>((resolve, reject) => {
      worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'listening') resolve(message);
        if (message.type === 'refused') reject(Object.assign(new Error(message.message), { code: message.code }));
      });
    }),
    closed.then(() => ({ port: 0, ownPort: 0 })),
  ]).catch(async (error) => {
    closed.catch(() => {});
    await worker.terminate();
    throw error;
  });
  const host = plain.host.includes(':') ? `[${plain.host}]` : plain.host;
  return {
    url: `http://${host}:${port}`,
    port,
    ownUrl: `http://127.0.0.1:${ownPort}`,
    closed,
    figures() {
      // Concurrent calls share one request.
      figures ??= new Promise<StoreFigures>((resolve) => {
        resolveFigures = resolve;
        post({ type: 'figures' });
      }).finally(() => {
        figures = undefined;
      });
      return figures;
    },
    async close({ graceMs = DEFAULT_GRACE_MS } = {}) {
      post({ type: 'close', graceMs });
      await closed;
    },
  };
}
