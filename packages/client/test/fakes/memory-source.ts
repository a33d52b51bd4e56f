import { SourceError, type SourceFailure } from '../../src/base/errors.ts';
import { isUnchanged } from '../../src/base/file-identity.ts';
import type { Body, ByteRange, FileStat, Source } from '../../src/base/ports.ts';
import { md5Hex } from './md5.ts';

const CHUNK = 256 * 1024;

/** A file in memory that can be changed, removed or broken after an upload was planned with it. */
export class MemoryFile {
  readonly path: string;
  bytes: Uint8Array;
  modifiedMs: number;
  changedMs: number;
  inode = '1:1';
  broken: { kind: SourceFailure; at: number } | undefined;
  /** Called before each chunk is given. */
  onRead: (at: number) => void = () => {};
  /** Chunks given so far. */
  reads = 0;

  constructor(path: string, bytes: Uint8Array, modifiedMs = 1_700_000_000_000) {
    this.path = path;
    this.bytes = bytes;
    this.modifiedMs = modifiedMs;
    this.changedMs = modifiedMs;
  }

  write(bytes: Uint8Array): void {
    this.writeQuietly(bytes);
    this.modifiedMs += 1;
  }

  /** As programs that put the time of modification back. */
  writeQuietly(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.changedMs += 1;
  }

  stat(): FileStat {
    this.#check(0);
    const { modifiedMs, changedMs, inode } = this;
    return { size: this.bytes.length, modifiedMs, changedMs, inode };
  }

  read(start: number, end: number): Uint8Array {
    this.onRead(start);
    this.#check(end);
    this.reads += 1;
    return this.bytes.slice(start, end);
  }

  /** The file as it is now. */
  source(): Source {
    const { modifiedMs, changedMs, inode } = this;
    const planned = { size: this.bytes.length, modifiedMs, changedMs, inode };
    const open = (range: ByteRange) => new MemoryBody(this, planned, range);
    return {
      name: this.path.slice(this.path.lastIndexOf('/') + 1),
      path: this.path,
      ...planned,
      stat: async () => this.stat(),
      open,
      async md5(range, { signal } = {}) {
        const body = open(range);
        for await (const _ of body.chunks()) signal?.throwIfAborted();
        return body.md5();
      },
    };
  }

  #check(at: number): void {
    if (this.broken && at >= this.broken.at) throw new SourceError(this.broken.kind, `It is ${this.broken.kind}.`);
  }
}

class MemoryBody implements Body {
  readonly size: number;
  readonly #file: MemoryFile;
  readonly #planned: FileStat;
  readonly #range: ByteRange;
  #md5: string | undefined;

  constructor(file: MemoryFile, planned: FileStat, range: ByteRange) {
    this.#file = file;
    this.#planned = planned;
    this.#range = range;
    this.size = range.end - range.start;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const given: Uint8Array[] = [];
    const { start, end } = this.#range;
    for (let at = start; at < end; ) {
      const chunk = this.#file.read(at, Math.min(at + CHUNK, end));
      if (chunk.length === 0) throw new SourceError('changed', 'The file changed during the upload.');
      at += chunk.length;
      if (at >= end) this.#checkUnchanged();
      given.push(chunk);
      if (at >= end) this.#md5 = md5Hex(...given);
      yield chunk;
    }
  }

  async md5(): Promise<string> {
    if (this.#md5 === undefined) throw new Error('not read to its end');
    return this.#md5;
  }

  #checkUnchanged(): void {
    if (isUnchanged(this.#file.stat(), this.#planned)) return;
    throw new SourceError('changed', 'The file changed during the upload.');
  }
}

/** Bytes that differ for every seed. */
export function photoBytes(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  // A fresh word every 512 bytes tells parts, files and versions apart, and costs little.
  for (let at = 0; at + 4 <= size; at += 512) view.setUint32(at, Math.imul(seed + 1, 2654435761) ^ at);
  if (size > 0) bytes[size - 1] = seed & 255;
  return bytes;
}
