import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { S3Error } from '@darkslide/s3wire';
import { HELPER_LIMITS } from '../helper-limits.ts';
import type { Command, Outcome } from './commands.ts';
import type { CommandReply } from './writer-thread.ts';

type Waiting = { command: Command; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };

/** Commands in one transaction; more wait for the next. */
const MAX_BATCH = 256;

/**
 * Changes the index, in a thread of its own, so that the wait for the disk holds nobody up. Commands that arrive
 * while a transaction is being synced share the next one: many small writes pay for one sync.
 */
export class IndexWriter {
  readonly #worker: Worker;
  #waiting: Waiting[] = [];
  #running: Waiting[] = [];
  #dead: Error | undefined;

  private constructor(worker: Worker, onDeath: (error: Error) => void) {
    this.#worker = worker;
    worker.on('message', (replies: CommandReply[]) => this.#settle(replies));
    worker.on('error', (error: Error) => this.#die(error, onDeath));
    worker.on('exit', () => this.#die(new Error('the index writer has stopped'), onDeath));
  }

  /** Creates or upgrades the index at `path`. `onDeath` hears of it when the thread ends by itself. */
  static async open(path: string, onDeath: (error: Error) => void): Promise<IndexWriter> {
    const file = import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: { path },
      resourceLimits: HELPER_LIMITS,
    });
    // Its first message says that the index is open; `once` rejects on an error.
    await once(worker, 'message');
    return new IndexWriter(worker, onDeath);
  }

  /** Resolves once the change is committed and synced. Throws S3Error; then nothing has changed. */
  run(command: Command): Promise<Outcome> {
    if (this.#dead) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      this.#next();
    });
  }

  /** Lets the transaction at work finish; commands that wait for the next one are rejected. */
  async close(): Promise<void> {
    if (this.#dead) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#dead = new Error('the index is closed');
    for (const { reject } of this.#waiting) reject(this.#dead);
    this.#waiting = [];
    this.#worker.postMessage('close');
    await exited;
  }

  #next(): void {
    if (this.#running.length > 0 || this.#waiting.length === 0) return;
    this.#running = this.#waiting.splice(0, MAX_BATCH);
    this.#worker.postMessage({ batch: this.#running.map(({ command }) => command) });
  }

  #settle(replies: CommandReply[]): void {
    const settled = this.#running;
    this.#running = [];
    this.#next();
    settled.forEach(({ resolve, reject }, position) => {
      const reply = replies[position];
      if (reply !== undefined && 'outcome' in reply) resolve(reply.outcome);
      else reject(errorOf(reply));
    });
  }

  #die(error: Error, onDeath: (error: Error) => void): void {
    if (this.#dead) return;
    this.#dead = error;
    for (const { reject } of [...this.#running, ...this.#waiting]) reject(error);
    this.#running = [];
    this.#waiting = [];
    onDeath(error);
  }
}

function errorOf(reply: Exclude<CommandReply, { outcome: Outcome }> | undefined): Error {
  if (reply === undefined) return new Error('the index writer gave no answer');
  if ('refused' in reply) return new S3Error(reply.refused.code, { details: reply.refused.details });
  if (reply.full) return new S3Error('StorageFull');
  return new Error(`the index could not be written: ${reply.failed}`);
}
