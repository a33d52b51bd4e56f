import { createPlainMd5 } from './md5-plain.ts';
import { BLOCK_BYTES, LANES, type Md5Kernel } from './md5-steps.ts';
import { createMd5x8, ROOM_BYTES } from './md5x8.ts';
import { type HashMemory, isWasm } from './memory.ts';

/** Bytes of the memory that the kernel needs for itself. */
export const SCRATCH_BYTES = ROOM_BYTES + 2 * BLOCK_BYTES;

/** A stream's MD5 so far: the words A, B, C and D. */
export type Md5State = Uint32Array<ArrayBuffer>;

/** Consecutive blocks of one stream, starting at `address`. */
export type Run = { state: Md5State; address: number; blocks: number };

/** RFC 1321, 3.3. */
export const initialState = (): Md5State => Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);

/** Hashes up to eight streams of one memory at once, without a copy. The caller owns the stream states. */
export class Md5Lanes {
  readonly #kernel: Md5Kernel;
  /** Room for the end of one stream. */
  readonly #padding: Uint8Array;

  /** @param scratch address of `SCRATCH_BYTES` bytes that nothing else uses; a multiple of 4. */
  constructor({ memory, scratch }: { memory: HashMemory; scratch: number }) {
    this.#kernel = isWasm(memory) ? createMd5x8(memory, scratch) : createPlainMd5(memory);
    this.#padding = new Uint8Array(memory.buffer, scratch + ROOM_BYTES, 2 * BLOCK_BYTES);
  }

  /**
   * Hashes all runs and updates their states. Lengths may differ: a run that is longer than the others goes on alone.
   * @param runs at most eight, each of another stream.
   * @throws {RangeError} when there are more than eight
   */
  update(runs: readonly Run[]): void {
    if (runs.length > LANES) throw new RangeError(`${runs.length} streams at once: at most ${LANES} are possible`);
    let done = 0;
    let left = runs.filter(({ blocks }) => blocks > 0);
    while (left.length > 0) {
      const until = Math.min(...left.map(({ blocks }) => blocks));
      this.#hash(left, { from: done, until });
      done = until;
      left = left.filter(({ blocks }) => blocks > done);
    }
  }

  /**
   * Ends a stream and returns the 16 bytes of its MD5. The state cannot be used afterwards.
   * @param rest the bytes after the last whole block: fewer than 64.
   * @param size bytes of the whole stream.
   */
  finish({ state, rest, size }: { state: Md5State; rest: Uint8Array; size: number }): Uint8Array<ArrayBuffer> {
    // RFC 1321, 3.1 and 3.2: a one bit, zeros, the length in bits as 64-bit little-endian.
    const padded = rest.length + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    const padding = this.#padding;
    padding.fill(0);
    padding.set(rest);
    padding[rest.length] = 0x80;
    new DataView(padding.buffer, padding.byteOffset).setBigUint64(padded - 8, BigInt(size) * 8n, true);
    this.update([{ state, address: padding.byteOffset, blocks: padded / BLOCK_BYTES }]);
    return new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
  }

  #hash(runs: readonly Run[], { from, until }: { from: number; until: number }): void {
    const kernel = this.#kernel;
    runs.forEach(({ state }, lane) => {
      kernel.setState(lane, state);
    });
    kernel.run(
      runs.map(({ address }) => address + from * BLOCK_BYTES),
      until - from,
    );
    runs.forEach(({ state }, lane) => {
      kernel.getState(lane, state);
    });
  }
}
