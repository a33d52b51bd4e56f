import { PAGE_BYTES, type SharedMemory } from '@darkslide/hashing';

/** Messages between the hashing thread and its owner. Offsets are in their shared memory, in bytes. */

export const CHUNK_BYTES = 512 * 1024;
/** At most this many chunks are in use at once, by all bodies together. */
export const BUFFER_COUNT = 48;
/** The hashing thread's working memory, before the chunks. */
const SCRATCH_BYTES = 64 * 1024;

export const PAGES = (SCRATCH_BYTES + BUFFER_COUNT * CHUNK_BYTES) / PAGE_BYTES;

export const bufferOffset = (buffer: number) => SCRATCH_BYTES + buffer * CHUNK_BYTES;

/**
 * `bytes`: a stream's next bytes; its MD5 is returned after the last. `alone`: no other stream existed when it began.
 * `drop`: no more bytes of the stream will come.
 */
export type ToHasher =
  | { kind: 'bytes'; stream: number; alone: boolean; buffer: number; length: number; last: boolean }
  | { kind: 'drop'; stream: number };

/** The result of one turn: buffers that are free again, and streams that ended. */
export type FromHasher = { hashed: number[]; digests: { stream: number; md5: string }[] };

export type HasherData = { memory: SharedMemory };
