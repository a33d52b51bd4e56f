import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from './open.ts';
import type { LogEntry, StoreFigures, StoreOptions } from './options.ts';

/** To the store's thread. */
export type ThreadRequest = { type: 'close'; graceMs: number } | { type: 'figures' };

/** From the store's thread. */
export type ThreadMessage =
  | { type: 'listening'; port: number; ownPort: number }
  /** `code`: the system's, where it has one. */
  | { type: 'refused'; message: string; code: string | undefined }
  | { type: 'log'; entry: LogEntry }
  | { type: 'figures'; figures: StoreFigures }
  | { type: 'closed' };

const parent = parentPort;
if (parent === null) throw new Error('the store runs as a worker thread');
const post = (message: ThreadMessage) => parent.postMessage(message);

const { options, logs } = workerData as { options: StoreOptions; logs: boolean };

try {
  const store = await openStore({
    ...options,
    log: (entry) => {
      if (logs) post({ type: 'log', entry });
    },
    // Ends the thread, so that its owner learns of it.
    onDeath: (error) => {
      throw error;
    },
  });
  parent.on('message', async (request: ThreadRequest) => {
    if (request.type === 'figures') return post({ type: 'figures', figures: store.figures() });
    await store.close(request);
    post({ type: 'closed' });
    parent.close();
  });
  post({ type: 'listening', port: store.port, ownPort: store.ownPort });
} catch (error) {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  post({ type: 'refused', message, code: (cause as NodeJS.ErrnoException | undefined)?.code });
}
