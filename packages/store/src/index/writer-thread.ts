import { parentPort, workerData } from 'node:worker_threads';
import type { S3ErrorCode } from '@darkslide/s3wire';
import { type Command, Commands, type Outcome } from './commands.ts';
import { Refusal } from './refusal.ts';
import { openIndex } from './schema.ts';

export type CommandReply =
  | { outcome: Outcome }
  | { refused: { code: S3ErrorCode; details: Readonly<Record<string, string>> } }
  | { failed: string; full: boolean };

/** SQLite's result code for a disk without room, https://sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

const port = parentPort;
if (port === null) throw new Error('the index writer runs as a worker thread');

const db = openIndex(workerData.path);
const commands = new Commands(db);

port.on('message', (message: { batch: Command[] } | 'close') => {
  if (message === 'close') {
    db.close();
    port.close();
    return;
  }
  port.postMessage(commit(message.batch));
});
port.postMessage('ready');

/** One transaction for the whole batch: a refused command leaves no trace, a failing disk fails them all. */
function commit(batch: Command[]): CommandReply[] {
  try {
    db.exec('BEGIN IMMEDIATE');
    const replies = batch.map(attempt);
    db.exec('COMMIT');
    return replies;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    const { message, errcode } = error as { message: string; errcode?: number };
    return batch.map(() => ({ failed: message, full: errcode !== undefined && (errcode & 0xff) === SQLITE_FULL }));
  }
}

function attempt(command: Command): CommandReply {
  db.exec('SAVEPOINT command');
  try {
    const outcome = commands.execute(command);
    db.exec('RELEASE command');
    return { outcome };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    db.exec('ROLLBACK TO command; RELEASE command');
    return { refused: { code: error.code, details: error.details } };
  }
}
