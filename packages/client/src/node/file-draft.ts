import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Draft, Source } from '../base/ports.ts';
import { whenDescriptorsAreFree } from './descriptors.ts';
import { createFileSource, statFile } from './file-source.ts';
import type { Md5Pool } from './md5-pool.ts';
import { asSinkError } from './sink-error.ts';

type Options = {
  /** Where it is while it is unfinished, and where it is to be. Absolute. */
  path: string;
  target: string;
  pool: Md5Pool;
  /** Puts the finished file in its place. */
  place: (options: { overwrite: boolean }) => Promise<void>;
};

/** An unfinished download on disk. */
export class FileDraft implements Draft {
  readonly #options: Options;
  #handle: FileHandle | undefined;
  #size: number;

  private constructor(options: Options, handle: FileHandle, size: number) {
    this.#options = options;
    this.#handle = handle;
    this.#size = size;
  }

  /** @throws {SinkError} */
  static async open(options: Options): Promise<FileDraft> {
    const { path, target } = options;
    try {
      // Not through a link that someone else put there.
      const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
      const handle = await whenDescriptorsAreFree(() => open(path, flags));
      const { size } = await handle.stat();
      return new FileDraft(options, handle, size);
    } catch (error) {
      throw asSinkError(error, target);
    }
  }

  get size(): number {
    return this.#size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await this.#do((handle) => handle.write(chunk, at, chunk.length - at, this.#size));
      at += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async restart(): Promise<void> {
    await this.#do((handle) => handle.truncate(0));
    this.#size = 0;
  }

  async source(): Promise<Source> {
    const { path, pool } = this.#options;
    return createFileSource({ path, pool, ...(await statFile(path)) });
  }

  async publish({ modifiedMs, overwrite }: { modifiedMs: number | null; overwrite: boolean }): Promise<void> {
    await this.#do(async (handle) => {
      if (modifiedMs !== null) await handle.utimes(new Date(), new Date(modifiedMs));
      await handle.sync();
    });
    await this.close();
    await this.#options.place({ overwrite });
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#options.path, { force: true });
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }

  async #do<T>(work: (handle: FileHandle) => Promise<T>): Promise<T> {
    if (!this.#handle) throw new Error('The draft is closed');
    try {
      return await work(this.#handle);
    } catch (error) {
      throw asSinkError(error, this.#options.target);
    }
  }
}
