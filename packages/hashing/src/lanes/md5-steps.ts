/** What both kernels are made of: the 64 steps in which MD5 hashes a block (RFC 1321, 3.4). */

/** MD5 hashes blocks of this size. */
export const BLOCK_BYTES = 64;
/** Streams that are hashed at once. */
export const LANES = 8;
export const STEPS = 64;
/** Words of a state: A, B, C and D. */
export const STATE_WORDS = 4;

/** Hashes blocks of several streams of one memory, one stream in each lane. */
export type Md5Kernel = {
  setState(lane: number, state: Uint32Array): void;
  getState(lane: number, state: Uint32Array): void;
  /** Hashes `blocks` (at least 1) blocks of the first lanes, one lane for each address, into their states. */
  run(addresses: readonly number[], blocks: number): void;
};

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

const WORDS = [
  (step: number) => step,
  (step: number) => (5 * step + 1) % 16,
  (step: number) => (3 * step + 5) % 16,
  (step: number) => (7 * step) % 16,
] as const;

/** Sixteen steps have the same function of B, C and D. */
export const roundOf = (step: number) => Math.floor(step / 16);

/** By how many bits a step rotates. */
export const shiftOf = (step: number): number => SHIFTS[roundOf(step)]?.[step % 4] ?? 0;

/** Which word of the block a step takes. */
export const wordOf = (step: number): number => WORDS[roundOf(step)]?.(step) ?? 0;

/** What a step adds: the integer part of 4294967296 × |sin(i)|. */
export const constantOf = (step: number) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) >>> 0;
