import { BLOCK_BYTES, type HashMemory, initialState, LANES, Md5Lanes, type Md5State } from './index.ts';

/** Blocks of a stream that are hashed before other streams get a turn: 64 KiB. */
const BLOCKS_PER_TURN = 1024;

/** Bytes of a stream in the memory. `done` is called when they are not needed any more. */
type Chunk = { offset: number; length: number; last: boolean; done: () => void };
export type Md5Stream = { state: Md5State; size: number; chunks: Chunk[]; onDigest: (md5: string) => void };

/**
 * MD5 of many streams whose bytes are in one memory, eight streams at a time. Every chunk of a stream except its last
 * is a whole number of blocks long.
 */
export class Md5Streams {
  readonly #lanes: Md5Lanes;
  readonly #bytes: Uint8Array;
  /** Streams that have chunks, in the order of their turns. */
  readonly #ready = new Set<Md5Stream>();

  /** @param memory its first 4 KiB belong to the kernel. */
  constructor(memory: HashMemory) {
    this.#lanes = new Md5Lanes({ memory, scratch: 0 });
    this.#bytes = new Uint8Array(memory.buffer);
  }

  begin(onDigest: (md5: string) => void): Md5Stream {
    return { state: initialState(), size: 0, chunks: [], onDigest };
  }

  add(stream: Md5Stream, chunk: Chunk): void {
    stream.chunks.push(chunk);
    this.#ready.add(stream);
  }

  drop(stream: Md5Stream): void {
    for (const { done } of stream.chunks) done();
    stream.chunks = [];
    this.#ready.delete(stream);
  }

  /** Streams that have something to hash. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Whether the last chunk of a stream is waiting, so that the caller waits for a digest. */
  get ending(): boolean {
    return this.#ready.values().some(({ chunks }) => chunks.at(-1)?.last === true);
  }

  /** Hashes one turn. Returns false when nothing is left to do. */
  work(): boolean {
    const streams = this.#ready.values().take(LANES).toArray();
    const whole = streams.filter((stream) => blocksOf(stream) > 0);
    if (whole.length > 0) this.#hashWhole(whole);
    for (const stream of streams) if (blocksOf(stream) === 0) this.#finishChunk(stream);
    return this.#ready.size > 0;
  }

  #hashWhole(streams: Md5Stream[]): void {
    const blocks = Math.min(BLOCKS_PER_TURN, ...streams.map(blocksOf));
    this.#lanes.update(streams.map(({ state, chunks }) => ({ state, address: chunks[0]?.offset ?? 0, blocks })));
    for (const stream of streams) {
      const chunk = stream.chunks[0] as Chunk;
      chunk.offset += blocks * BLOCK_BYTES;
      chunk.length -= blocks * BLOCK_BYTES;
      stream.size += blocks * BLOCK_BYTES;
      // Moves the stream to the end of the queue.
      this.#ready.delete(stream);
      this.#ready.add(stream);
    }
  }

  /** Less than a block is left of the chunk. */
  #finishChunk(stream: Md5Stream): void {
    const chunk = stream.chunks.shift() as Chunk;
    if (stream.chunks.length === 0) this.#ready.delete(stream);
    if (chunk.last) stream.onDigest(this.#digest(stream, chunk));
    chunk.done();
  }

  #digest({ state, size }: Md5Stream, { offset, length }: Chunk): string {
    const rest = this.#bytes.subarray(offset, offset + length);
    return hex(this.#lanes.finish({ state, rest, size: size + length }));
  }
}

const blocksOf = ({ chunks }: Md5Stream) => Math.floor((chunks[0]?.length ?? 0) / BLOCK_BYTES);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
