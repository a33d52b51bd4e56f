import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { S3Error } from '@darkslide/s3wire';
import { Sequence } from '../blobs/sequence.ts';
import { HELPER_LIMITS } from '../threads.ts';
import type { Command, Outcome } from './command.ts';
import { UnsoundIndexError } from './soundness.ts';
import type { BatchReply, CommandReply, Opened, WriterOptions, WriterRequest } from './writer-thread.ts';

type Waiting = { command: Command; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };

/** Commands in one transaction; more wait for the next. */
const MAX_BATCH = 256;

/** A command before it has its number, where it is one that is decided in the order of the commands. */
export type Unnumbered =
  | Exclude<Command, { type: 'deleteObjects' | 'deleteBucket' }>
  | Omit<Extract<Command, { type: 'deleteObjects' }>, 'sequence'>
  | Omit<Extract<Command, { type: 'deleteBucket' }>, 'sequence'>;

/**
 * Changes the index, in a thread of its own, so that no other thread waits for the disk. Commands that arrive
 * while a transaction is being synced share the next one: many small writes pay for one sync.
 */
export class IndexWriter {
  readonly #onDeath: (error: Error) => void;
  readonly #resume: () => Promise<void>;
  #worker: Worker | undefined;
  #sequence: Sequence | undefined;
  #lastObjectId = 0;
  #resuming: Promise<void> | undefined;
  #waiting: Waiting[] = [];
  #running: Waiting[] = [];
  #dead: Error | undefined;

  /**
   * `onDeath` is called when the thread ends by itself. `resume` is called when something is to be written and the
   * index is not open, as the disk was full: it opens it, or throws StorageFull.
   */
  constructor({ onDeath, resume }: { onDeath: (error: Error) => void; resume: () => Promise<void> }) {
    this.#onDeath = onDeath;
    this.#resume = resume;
  }

  /** Creates or upgrades the index, and begins a run. @throws {UnsoundIndexError} and StorageFull */
  async open(options: WriterOptions): Promise<void> {
    const file = import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: options,
      resourceLimits: HELPER_LIMITS,
    });
    // Its first message says whether the index is open; `once` rejects on an error.
    const [opened] = (await once(worker, 'message')) as [Opened];
    if ('failed' in opened) {
      await worker.terminate();
      if (opened.full) throw new S3Error('StorageFull');
      throw opened.damaged ? new UnsoundIndexError(opened.failed) : new Error(opened.failed);
    }
    this.#worker = worker;
    this.#sequence = new Sequence(opened.begun.firstSequence);
    this.#lastObjectId = opened.begun.lastObjectId;
    worker.on('message', (reply: BatchReply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#die(error));
    worker.on('exit', () => this.#die(new Error('the index writer has stopped')));
  }

  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  /** Resolves when something can be written. @throws {S3Error} StorageFull */
  async ready(): Promise<void> {
    if (this.#worker !== undefined) return;
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = undefined;
    });
    await this.#resuming;
  }

  /** Gives writes their numbers. Only after `ready`. */
  get sequence(): Sequence {
    if (this.#sequence === undefined) throw new S3Error('StorageFull');
    return this.#sequence;
  }

  /** The newest object that is known to be committed. */
  get lastObjectId(): number {
    return this.#lastObjectId;
  }

  /** Resolves once the change is committed and synced. @throws {S3Error}; then nothing has changed */
  async run(command: Unnumbered): Promise<Outcome> {
    await this.ready();
    if (this.#dead) throw this.#dead;
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ command: numberedBy(this.sequence, command), resolve, reject });
      this.#next();
    });
  }

  /** Finishes the transaction in progress; commands that wait for the next one are rejected. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (this.#dead || worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    this.#dead = new Error('the index is closed');
    for (const { reject } of this.#waiting) reject(this.#dead);
    this.#waiting = [];
    worker.postMessage('close' satisfies WriterRequest);
    await exited;
  }

  #next(): void {
    if (this.#running.length > 0 || this.#waiting.length === 0) return;
    this.#running = this.#waiting.splice(0, MAX_BATCH);
    const batch = this.#running.map(({ command }) => command);
    this.#worker?.postMessage({ batch, oldest: this.sequence.oldest } satisfies WriterRequest);
  }

  #settle({ replies, lastObjectId }: BatchReply): void {
    const settled = this.#running;
    this.#running = [];
    this.#lastObjectId = lastObjectId;
    this.#next();
    settled.forEach(({ resolve, reject }, position) => {
      const reply = replies[position];
      if (reply !== undefined && 'outcome' in reply) resolve(reply.outcome);
      else reject(errorOf(reply));
    });
  }

  #die(error: Error): void {
    if (this.#dead) return;
    this.#dead = error;
    for (const { reject } of [...this.#running, ...this.#waiting]) reject(error);
    this.#running = [];
    this.#waiting = [];
    this.#onDeath(error);
  }
}

/** Deletes are decided in the order of the commands, and so get their numbers here. */
const numberedBy = (sequence: Sequence, command: Unnumbered): Command =>
  command.type === 'deleteObjects' || command.type === 'deleteBucket'
    ? { ...command, sequence: sequence.pass() }
    : command;

function errorOf(reply: Exclude<CommandReply, { outcome: Outcome }> | undefined): Error {
  if (reply === undefined) return new Error('the index writer sent no reply');
  if ('refused' in reply) return new S3Error(reply.refused.code, { details: reply.refused.details });
  if (reply.full) return new S3Error('StorageFull');
  return new Error(`the index could not be written: ${reply.failed}`);
}
