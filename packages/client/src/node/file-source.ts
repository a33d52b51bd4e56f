import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SourceError } from '../core/errors.ts';
import type { Body, ByteRange, FileStat, Source } from '../core/ports.ts';

/** Bytes read at once. Two buffers of it are in use for each open body: one is read into while the other is sent. */
const CHUNK = 256 * 1024;

/** A file on disk. @param path absolute. */
export function createFileSource({ path, size, modifiedMs }: { path: string } & FileStat): Source {
  const planned = { size, modifiedMs };
  return {
    name: basename(path),
    path,
    size,
    modifiedMs,
    stat: () => statFile(path),
    open: (range) => new FileBody(path, planned, range),
    async md5(range, { signal } = {}) {
      const body = new FileBody(path, planned, range);
      for await (const _ of body.chunks()) signal?.throwIfAborted();
      return body.md5();
    },
  };
}

/** @throws {SourceError} `vanished` or `unreadable`. */
export async function statFile(path: string): Promise<FileStat> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, modifiedMs: mtimeMs };
  } catch (error) {
    throw asSourceError(error);
  }
}

class FileBody implements Body {
  readonly size: number;
  readonly #path: string;
  readonly #planned: FileStat;
  readonly #range: ByteRange;
  #md5: string | undefined;

  constructor(path: string, planned: FileStat, range: ByteRange) {
    this.#path = path;
    this.#planned = planned;
    this.#range = range;
    this.size = range.end - range.start;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const handle = await open(this.#path).catch((error) => {
      throw asSourceError(error);
    });
    const hash = createHash('md5');
    let reading: Promise<Uint8Array> | undefined;
    try {
      const buffers = [this.#buffer(), this.#buffer()] as const;
      const { start, end } = this.#range;
      reading = readFully(handle, buffers[0], start, end);
      for (let at = start, turn = 1; at < end; turn = 1 - turn) {
        const chunk = await reading;
        at += chunk.length;
        if (at < end) reading = readFully(handle, turn === 1 ? buffers[1] : buffers[0], at, end);
        else await this.#checkUnchanged();
        hash.update(chunk);
        if (at === end) this.#md5 = hash.digest('hex');
        yield chunk;
      }
    } finally {
      await reading?.catch(() => {});
      await handle.close().catch(() => {});
    }
  }

  async md5(): Promise<string> {
    if (this.#md5 === undefined) throw new Error('The MD5 of a body is known when its last chunk was taken');
    return this.#md5;
  }

  #buffer(): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(CHUNK, this.size));
  }

  async #checkUnchanged(): Promise<void> {
    const { size, modifiedMs } = await statFile(this.#path);
    if (size !== this.#planned.size || modifiedMs !== this.#planned.modifiedMs) throw changed();
  }
}

async function readFully(handle: FileHandle, buffer: Buffer, at: number, end: number): Promise<Uint8Array> {
  const wanted = Math.min(buffer.length, end - at);
  let got = 0;
  while (got < wanted) {
    const { bytesRead } = await handle.read(buffer, got, wanted - got, at + got).catch((error) => {
      throw asSourceError(error);
    });
    if (bytesRead === 0) throw changed();
    got += bytesRead;
  }
  return buffer.subarray(0, wanted);
}

const changed = () =>
  new SourceError('changed', 'It was changed while it was sent. Send it again when nothing writes to it any more.');

function asSourceError(error: unknown): SourceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') return new SourceError('vanished', 'It is not there any more.', { cause: error });
  const hint = code === 'EACCES' || code === 'EPERM' ? 'Its permissions forbid it' : `The disk says ${code}`;
  return new SourceError('unreadable', `It could not be read. ${hint}.`, { cause: error });
}
