import { PAGE, type SharedMemory } from '@darkslide/md5';

/** What the hashing thread and its owner say to each other. Offsets are in the memory that they share, in bytes. */

export const CHUNK = 512 * 1024;
/** Chunks that the shared memory holds: what all bodies together may have in use. */
export const SLOTS = 48;
/** The hashing thread's own room, before the chunks. */
export const SCRATCH = 64 * 1024;

export const PAGES = (SCRATCH + SLOTS * CHUNK) / PAGE;

export const slotOffset = (slot: number) => SCRATCH + slot * CHUNK;

/**
 * A stream's next bytes. Its MD5 is answered after the last. `alone`: no other stream was there when it began.
 * `drop`: no more will come of it.
 */
export type ToHasher =
  | { kind: 'bytes'; stream: number; alone: boolean; slot: number; length: number; last: boolean }
  | { kind: 'drop'; stream: number };

/** What came of one turn: slots that are free again, and streams that ended. */
export type FromHasher = { hashed: number[]; digests: { stream: number; md5: string }[] };

export type HasherData = { memory: SharedMemory };
