import type { LeftOut } from '../base/left-out.ts';
import type { Source } from '../base/ports.ts';
import type { FailedFile } from '../base/results.ts';
import type { Plan } from '../plan/plan.ts';
import { Md5Pool } from './md5-pool.ts';
import { type FindOptions, walk } from './walk.ts';

/** A file that an upload would take, and a way to look into it. */
export type FoundFile = {
  name: string;
  /** Absolute. */
  path: string;
  /** In bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modifiedMs: number;
  /** Reads from `from` up to, without, `to`. @throws {SourceError} where the disk can't, or the file has changed. */
  read: (from: number, to: number) => Promise<Uint8Array>;
};

export type FoundFiles = {
  files: FoundFile[];
  /** Files and folders that could not be looked at. */
  unreadable: FailedFile[];
  leftOut: LeftOut;
};

/**
 * Finds the files that an upload of these paths would take. Needs no server.
 * @throws {ConfigurationError} for a path or glob that leads nowhere.
 */
export async function findFiles(options: FindOptions & { signal?: AbortSignal | undefined }): Promise<FoundFiles> {
  const pool = new Md5Pool();
  try {
    const { sources, unreadable, leftOut } = await walk({ ...options, pool });
    return { files: sources.map(found), unreadable, leftOut };
  } finally {
    pool.close();
  }
}

/** The files of a plan, copies too. */
export const filesOf = ({ files, copies }: Plan): FoundFile[] =>
  [...files, ...copies].map(({ source }) => found(source));

const found = (source: Source): FoundFile => {
  const { name, path, size, modifiedMs } = source;
  return { name, path, size, modifiedMs, read: (from, to) => readRange(source, from, to) };
};

/** At most this many bytes are read at once: more would start the hashing thread. */
const READ_BYTES = 64 * 1024;

async function readRange(source: Source, from: number, to: number): Promise<Uint8Array> {
  if (to - from <= READ_BYTES) return readChunk(source, from, to);
  const bytes = new Uint8Array(to - from);
  for (let start = from; start < to; start += READ_BYTES) {
    bytes.set(await readChunk(source, start, Math.min(start + READ_BYTES, to)), start - from);
  }
  return bytes;
}

async function readChunk(source: Source, start: number, end: number): Promise<Uint8Array> {
  for await (const chunk of source.open({ start, end }).chunks()) return chunk;
  return new Uint8Array();
}
