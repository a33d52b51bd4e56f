import { BLOCK, createMd5x4, LANES, type Md5x4, STATE_BYTES } from './md5x4.ts';
import type { SharedMemory } from './web-assembly.ts';

/** RFC 1321, 3.3. */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** Blocks hashed before other streams get their turn: 64 KiB. */
const TURN = 1024;

// In the scratch room, which begins at 0: the four states, then two blocks of padding for each lane.
const PADDING = STATE_BYTES;
const PADDING_BYTES = 2 * BLOCK;

type Piece = { offset: number; length: number; last: boolean; done: () => void };
export type Md5Stream = { state: Uint32Array; size: number; pieces: Piece[]; onDigest: (md5: string) => void };

/**
 * MD5 of many streams whose bytes lie in one memory, four at a time. Every piece of a stream but its last is a whole
 * number of blocks long.
 */
export class Md5Streams {
  readonly #kernel: Md5x4;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  /** Streams that have pieces, in the order of their turns. */
  readonly #ready = new Set<Md5Stream>();

  /** @param memory shared, of at most `pages` of 64 KiB; its first 4 KiB are used for working. */
  constructor(memory: SharedMemory, pages: number) {
    this.#kernel = createMd5x4(memory, pages);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
  }

  begin(onDigest: (md5: string) => void): Md5Stream {
    return { state: Uint32Array.from(INITIAL), size: 0, pieces: [], onDigest };
  }

  /** @param piece `done` is called when its bytes are not needed any more. */
  add(stream: Md5Stream, piece: Piece): void {
    stream.pieces.push(piece);
    this.#ready.add(stream);
  }

  drop(stream: Md5Stream): void {
    for (const { done } of stream.pieces) done();
    stream.pieces = [];
    this.#ready.delete(stream);
  }

  /** Streams that have something to hash. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Whether a stream's end is among it: somebody waits for the digest. */
  get ending(): boolean {
    return this.#ready.values().some(({ pieces }) => pieces.at(-1)?.last === true);
  }

  /** Hashes for one turn. False when there is nothing left to do. */
  work(): boolean {
    const streams = this.#ready.values().take(LANES).toArray();
    const whole = streams.filter((stream) => blocksOf(stream) > 0);
    if (whole.length > 0) this.#hashWhole(whole);
    for (const stream of streams) if (blocksOf(stream) === 0) this.#finishPiece(stream);
    return this.#ready.size > 0;
  }

  #hashWhole(streams: Md5Stream[]): void {
    const blocks = Math.min(TURN, ...streams.map(blocksOf));
    this.#run(
      streams,
      streams.map(({ pieces }) => pieces[0]?.offset ?? 0),
      blocks,
    );
    for (const stream of streams) {
      const piece = stream.pieces[0] as Piece;
      piece.offset += blocks * BLOCK;
      piece.length -= blocks * BLOCK;
      stream.size += blocks * BLOCK;
      // To the end of the line.
      this.#ready.delete(stream);
      this.#ready.add(stream);
    }
  }

  #run(streams: readonly Md5Stream[], offsets: readonly number[], blocks: number): void {
    streams.forEach(({ state }, lane) => {
      for (let word = 0; word < 4; word += 1) this.#words[word * LANES + lane] = state[word] as number;
    });
    // Lanes without a stream hash some other's bytes, and nobody looks at what comes out.
    const at = (lane: number) => offsets[lane] ?? (offsets[0] as number);
    this.#kernel(0, at(0), at(1), at(2), at(3), blocks);
    streams.forEach(({ state }, lane) => {
      for (let word = 0; word < 4; word += 1) state[word] = this.#words[word * LANES + lane] as number;
    });
  }

  /** Less than a block is left of the piece. */
  #finishPiece(stream: Md5Stream): void {
    const piece = stream.pieces.shift() as Piece;
    if (stream.pieces.length === 0) this.#ready.delete(stream);
    if (piece.last) stream.onDigest(this.#digest(stream, piece));
    piece.done();
  }

  /** RFC 1321, 3.1 and 3.2: a one bit, zeros, the length in bits as 64-bit little-endian. */
  #digest(stream: Md5Stream, { offset, length }: Piece): string {
    const padded = length + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    const tail = this.#bytes.subarray(PADDING, PADDING + PADDING_BYTES).fill(0);
    tail.set(this.#bytes.subarray(offset, offset + length));
    tail[length] = 0x80;
    const bits = BigInt(stream.size + length) * 8n;
    new DataView(tail.buffer, tail.byteOffset).setBigUint64(padded - 8, bits, true);
    this.#run([stream], [PADDING], padded / BLOCK);
    return hex(stream.state);
  }
}

const blocksOf = ({ pieces }: Md5Stream) => Math.floor((pieces[0]?.length ?? 0) / BLOCK);

function hex(state: Uint32Array): string {
  let text = '';
  for (const word of state) {
    for (let shift = 0; shift < 32; shift += 8) text += ((word >>> shift) & 255).toString(16).padStart(2, '0');
  }
  return text;
}
