import { BLOCK, initialState, LANES, Md5Lanes, type Md5State, type SharedMemory } from '@darkslide/md5';

/** Blocks hashed before other streams get their turn: 64 KiB. */
const TURN = 1024;

type Piece = { offset: number; length: number; last: boolean; done: () => void };
export type Md5Stream = { state: Md5State; size: number; pieces: Piece[]; onDigest: (md5: string) => void };

/**
 * MD5 of many streams whose bytes lie in one memory, eight at a time. Every piece of a stream but its last is a whole
 * number of blocks long.
 */
export class Md5Streams {
  readonly #lanes: Md5Lanes;
  readonly #bytes: Uint8Array;
  /** Streams that have pieces, in the order of their turns. */
  readonly #ready = new Set<Md5Stream>();

  /** @param memory whose first 4 KiB are used for working. */
  constructor(memory: SharedMemory) {
    this.#lanes = new Md5Lanes({ memory, scratch: 0 });
    this.#bytes = new Uint8Array(memory.buffer);
  }

  begin(onDigest: (md5: string) => void): Md5Stream {
    return { state: initialState(), size: 0, pieces: [], onDigest };
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
    this.#lanes.update(streams.map(({ state, pieces }) => ({ state, address: pieces[0]?.offset ?? 0, blocks })));
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

  /** Less than a block is left of the piece. */
  #finishPiece(stream: Md5Stream): void {
    const piece = stream.pieces.shift() as Piece;
    if (stream.pieces.length === 0) this.#ready.delete(stream);
    if (piece.last) stream.onDigest(this.#digest(stream, piece));
    piece.done();
  }

  #digest({ state, size }: Md5Stream, { offset, length }: Piece): string {
    const rest = this.#bytes.subarray(offset, offset + length);
    return hex(this.#lanes.finish({ state, rest, size: size + length }));
  }
}

const blocksOf = ({ pieces }: Md5Stream) => Math.floor((pieces[0]?.length ?? 0) / BLOCK);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
