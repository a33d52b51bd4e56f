import { BLOCK, createMd5x8, LANES, type Md5x8, ROOM_BYTES } from './md5x8.ts';
import type { SharedMemory } from './web-assembly.ts';

/** Bytes of the memory that are used for working. */
export const SCRATCH_BYTES = ROOM_BYTES + 2 * BLOCK;

/** A stream's MD5 so far: the words A, B, C and D. */
export type Md5State = Uint32Array<ArrayBuffer>;

/** Blocks of one stream, one behind another from `address` on. */
export type Run = { state: Md5State; address: number; blocks: number };

/** RFC 1321, 3.3. */
export const initialState = (): Md5State => Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);

/** Hashes up to eight streams at once, where they lie in one memory. Who has the streams keeps their states. */
export class Md5Lanes {
  readonly #kernel: Md5x8;
  /** Room for the end of one stream. */
  readonly #padding: Uint8Array;

  /** @param scratch where the `SCRATCH_BYTES` are that nothing else uses: a multiple of 4. */
  constructor({ memory, scratch }: { memory: SharedMemory; scratch: number }) {
    this.#kernel = createMd5x8(memory, scratch);
    this.#padding = new Uint8Array(memory.buffer, scratch + ROOM_BYTES, 2 * BLOCK);
  }

  /**
   * Hashes all runs, and puts what comes out into their states. Lengths may differ; those that go on after others have
   * ended have the lanes for themselves.
   * @param runs of at most eight streams, one each.
   */
  update(runs: readonly Run[]): void {
    if (runs.length > LANES) throw new RangeError(`${runs.length} streams at once are more than ${LANES}`);
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
   * Ends a stream, whose state is used up by this, and answers the 16 bytes of its MD5.
   * @param rest what is left of it after its whole blocks: fewer than 64 bytes.
   * @param size of the whole stream in bytes.
   */
  finish({ state, rest, size }: { state: Md5State; rest: Uint8Array; size: number }): Uint8Array<ArrayBuffer> {
    // RFC 1321, 3.1 and 3.2: a one bit, zeros, the length in bits as 64-bit little-endian.
    const padded = rest.length + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    const padding = this.#padding;
    padding.fill(0);
    padding.set(rest);
    padding[rest.length] = 0x80;
    new DataView(padding.buffer, padding.byteOffset).setBigUint64(padded - 8, BigInt(size) * 8n, true);
    this.update([{ state, address: padding.byteOffset, blocks: padded / BLOCK }]);
    return new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
  }

  #hash(runs: readonly Run[], { from, until }: { from: number; until: number }): void {
    const kernel = this.#kernel;
    runs.forEach(({ state }, lane) => {
      kernel.setState(lane, state);
    });
    // Lanes without a stream hash the first one's bytes, and nobody looks at what comes out.
    const addresses = Array.from({ length: LANES }, (_, lane) => {
      const { address } = (runs[lane] ?? runs[0]) as Run;
      return address + from * BLOCK;
    });
    kernel.run(addresses, until - from);
    runs.forEach(({ state }, lane) => {
      kernel.getState(lane, state);
    });
  }
}
