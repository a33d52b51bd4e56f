import { PAGE, type SharedMemory } from '@darkslide/md5';

/** What the hashing thread and its owner say to each other. Offsets are in the memory that they share, in bytes. */

export const CHUNK = 256 * 1024;
/** Chunks that the shared memory holds: what all bodies together may have in use. */
export const SLOTS = 192;
/** The hashing thread's own room, before the chunks. */
export const SCRATCH = 64 * 1024;

export const PAGES = (SCRATCH + SLOTS * CHUNK) / PAGE;

export const slotOffset = (slot: number) => SCRATCH + slot * CHUNK;

/** A stream's next bytes. Its MD5 is answered after the last. `drop`: no more will come of it. */
export type ToHasher =
  | { kind: 'bytes'; stream: number; slot: number; length: number; last: boolean }
  | { kind: 'drop'; stream: number };

/** `hashed`: the slot is free again. */
export type FromHasher = { kind: 'hashed'; slot: number } | { kind: 'digest'; stream: number; md5: string };

export type HasherData = { memory: SharedMemory };
