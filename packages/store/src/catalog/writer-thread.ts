import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { S3ErrorCode } from '@darkslide/s3wire';
import { ChangeLog } from '../blobs/changes.ts';
import { type Begun, beginRun, isNearLimit, objectCounter, reserveSequences } from './begin-run.ts';
import type { Command, Outcome } from './command.ts';
import { Commands } from './commands.ts';
import { Refusal } from './refusal.ts';
import { openIndex } from './schema.ts';
import { isDamage, isFull } from './soundness.ts';
import { setState } from './summed.ts';

export type WriterOptions = {
  /** Of the index. */
  path: string;
  /** Of the file of changes. */
  changes: string;
  /** This run's id. */
  run: string;
};

/** To the thread. `oldest`: no write below this sequence number will come any more. */
export type WriterRequest = { batch: Command[]; oldest: number } | 'close';

export type Opened =
  | { begun: Pick<Begun, 'firstSequence' | 'lastObjectId'> }
  | { failed: string; full: boolean; damaged: boolean };

export type BatchReply = { replies: CommandReply[]; lastObjectId: number };

export type CommandReply =
  | { outcome: Outcome }
  | { refused: { code: S3ErrorCode; details: Readonly<Record<string, string>> } }
  | { failed: string; full: boolean };

class ThreadWriter {
  readonly begun: Begun;
  readonly #db: DatabaseSync;
  readonly #commands: Commands;
  readonly #changes: ChangeLog;
  #lastChange: number;
  #sequenceLimit: number;
  #lastObjectId: number;

  constructor({ path, changes, run }: WriterOptions) {
    this.#db = openIndex(path, { check: false, mayBeNew: false });
    try {
      this.#commands = new Commands(this.#db);
      this.begun = beginRun(this.#db, { run, changes });
      this.#changes = new ChangeLog(changes);
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#lastChange = this.begun.lastChange;
    this.#sequenceLimit = this.begun.sequenceLimit;
    this.#lastObjectId = this.begun.lastObjectId;
  }

  close(): void {
    this.#changes.close();
    this.#db.close();
  }

  /** One transaction for the whole batch: a refused command leaves no trace, a failing disk fails them all. */
  commit({ batch, oldest }: Exclude<WriterRequest, 'close'>): BatchReply {
    const lastChange = this.#lastChange;
    let written: { undo: () => void } | undefined;
    try {
      this.#commands.forgetDeletesBefore(oldest);
      this.#db.exec('BEGIN IMMEDIATE');
      const replies = batch.map((command) => this.#attempt(command));
      const { changes } = this.#commands;
      if (changes.length > 0) {
        this.#lastChange += 1;
        setState(this.#db, 'last_change', this.#lastChange);
        // Before the commit: a delete that is forgotten would bring back what it deleted.
        written = this.#changes.append({ number: this.#lastChange, changes });
      }
      if (isNearLimit(oldest, this.#sequenceLimit)) this.#sequenceLimit = reserveSequences(this.#db, oldest);
      const lastObjectId = objectCounter(this.#db);
      this.#db.exec('COMMIT');
      this.#lastObjectId = lastObjectId;
      this.#commands.end({ committed: true });
      return { replies, lastObjectId };
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      written?.undo();
      this.#lastChange = lastChange;
      this.#commands.end({ committed: false });
      const failure = { failed: (error as Error).message, full: isFull(error) };
      return { replies: batch.map(() => failure), lastObjectId: this.#lastObjectId };
    }
  }

  #attempt(command: Command): CommandReply {
    const changesBefore = this.#commands.changes.length;
    this.#db.exec('SAVEPOINT command');
    try {
      const outcome = this.#commands.execute(command);
      this.#db.exec('RELEASE command');
      return { outcome };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#db.exec('ROLLBACK TO command; RELEASE command');
      this.#commands.refuse(command, { changesBefore });
      return { refused: { code: error.code, details: error.details } };
    }
  }
}

const port = parentPort;
if (port === null) throw new Error('the index writer runs as a worker thread');

try {
  const writer = new ThreadWriter(workerData);
  port.on('message', (request: WriterRequest) => {
    if (request === 'close') {
      writer.close();
      port.close();
    } else port.postMessage(writer.commit(request) satisfies BatchReply);
  });
  port.postMessage({ begun: writer.begun } satisfies Opened);
} catch (error) {
  const { message } = error as Error;
  port.postMessage({ failed: message, full: isFull(error), damaged: isDamage(error) } satisfies Opened);
}
