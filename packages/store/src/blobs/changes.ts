import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { StoredChecksum } from '../model.ts';
import { ownFile } from './private.ts';

/** Changes that no blob records: deletes, ended uploads, blobs that were refused, buckets. */
export type Change =
  | { type: 'delete'; bucket: string; key: string; sequence: number }
  /** Aborted, or completed with an object that is gone by now; then `completed` says how, for a repeated Complete. */
  | { type: 'upload-ended'; uploadId: string; aborted?: true; completed?: CompletedUpload | undefined }
  /** A blob whose write was refused after it had been sealed. */
  | { type: 'void'; blob: string }
  | { type: 'bucket'; name: string; createdAt: number; cors?: string | undefined }
  | { type: 'bucket-deleted'; name: string; sequence: number }
  | { type: 'cors'; bucket: string; cors: string | undefined };

export type CompletedUpload = {
  bucket: string;
  key: string;
  etag: string;
  checksum: StoredChecksum | undefined;
  completedAt: number;
};

/** The changes of one transaction of the index. Their numbers have no gaps. */
export type ChangeGroup = { number: number; changes: Change[] };

export const changesPath = (dataDir: string) => join(dataDir, 'blobs', 'changes');

/** Lines: CRC-32 in hex, a space, JSON. */
export function readChanges(path: string): { groups: ChangeGroup[]; damagedLines: number } {
  const groups: ChangeGroup[] = [];
  let damagedLines = 0;
  if (!existsSync(path)) return { groups, damagedLines };
  const lines = readFileSync(path).toString('utf8').split('\n');
  // Without its end, the last line was being written when all stopped: it was never acknowledged.
  lines.pop();
  for (const line of lines) {
    const json = line.slice(9);
    if (line === lineOf(json)) groups.push(JSON.parse(json) as ChangeGroup);
    else damagedLines += 1;
  }
  return { groups, damagedLines };
}

const lineOf = (json: string) => `${crc32(json).toString(16).padStart(8, '0')} ${json}`;

/** Appends to the file of changes, in the thread that writes the index. */
export class ChangeLog {
  readonly #file: number;
  #length: number;

  constructor(path: string) {
    ownFile(path);
    const whole = readFileSync(path).lastIndexOf(0x0a) + 1;
    this.#file = openSync(path, 'r+');
    this.#length = whole;
    // Half a line would spoil the next one.
    ftruncateSync(this.#file, whole);
  }

  /** Returns once the group is on disk. @throws what the disk throws; then nothing of it is left */
  append(group: ChangeGroup): { undo: () => void } {
    const bytes = Buffer.from(`${lineOf(JSON.stringify(group))}\n`);
    const before = this.#length;
    const undo = () => {
      ftruncateSync(this.#file, before);
      fdatasyncSync(this.#file);
      this.#length = before;
    };
    try {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(this.#file, bytes, written, bytes.length - written, before + written);
      }
      fdatasyncSync(this.#file);
    } catch (error) {
      undo();
      throw error;
    }
    this.#length = before + bytes.length;
    return { undo };
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Puts `group` in the place of all that the file holds, whole or not at all. */
export function replaceChanges(path: string, group: ChangeGroup): void {
  const fresh = `${path}.new`;
  ownFile(fresh);
  const file = openSync(fresh, 'w');
  try {
    writeSync(file, `${lineOf(JSON.stringify(group))}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
