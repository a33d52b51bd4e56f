import { BLOCK_BYTES, initialState, LANES, Md5Lanes, type Md5State, type SharedMemory } from '@darkslide/hashing';
import { createDigester, type Digester, type DigestName, type Digests } from './digests.ts';

/** Milliseconds that an update waits for those of other streams: eight together take little longer than one. */
const GATHER_MS = 2;

type Stream = {
  /** MD5 so far. */
  state: Md5State;
  bytes: number;
  /** The rest that does not fill a block; only the last update may leave some. */
  tail: Uint8Array;
  /** All digests but MD5. */
  others: Promise<Digester>;
};

type Job = { id: number; stream: Stream; address: number; length: number; done: () => void };

/**
 * Hashes many streams over one memory. Updates that are waiting at the same time are hashed together, up to eight of
 * different streams: the more there is to do, the less each takes.
 */
export class HashStreams {
  readonly #memory: SharedMemory;
  readonly #lanes: Md5Lanes;
  readonly #streams = new Map<number, Stream>();
  #jobs: Job[] = [];
  #running = false;
  #wake = () => {};

  readonly #gatherMs: number;

  /** One page of the memory from `scratch` on is used. With a `gatherMs` of 0 no update waits for those of others. */
  constructor({
    memory,
    scratch,
    gatherMs = GATHER_MS,
  }: {
    memory: SharedMemory;
    scratch: number;
    gatherMs?: number | undefined;
  }) {
    this.#memory = memory;
    this.#gatherMs = gatherMs;
    this.#lanes = new Md5Lanes({ memory, scratch });
  }

  open(id: number, names: readonly DigestName[]): void {
    const others = createDigester(names.filter((name) => name !== 'MD5'));
    this.#streams.set(id, { state: initialState(), bytes: 0, tail: new Uint8Array(), others });
  }

  /** Resolves when the memory may change again. Each stream's updates but the last are whole blocks of 64 bytes. */
  update(id: number, address: number, length: number): Promise<void> {
    const stream = this.#stream(id);
    return new Promise((resolve) => {
      this.#jobs.push({ id, stream, address, length, done: resolve });
      if (!this.#running) this.#work();
      else if (this.#isFull()) this.#wake();
    });
  }

  /** After all of its updates. MD5 is always there. */
  async finish(id: number): Promise<Digests> {
    const { state, bytes, tail, others } = this.#stream(id);
    this.#streams.delete(id);
    const md5 = Buffer.from(this.#lanes.finish({ state, rest: tail, size: bytes })).toString('base64');
    return { ...(await others).finish(), MD5: md5 };
  }

  drop(id: number): void {
    this.#streams.delete(id);
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#jobs.length > 0) {
      await this.#gather();
      const batch = this.#takeBatch();
      this.#lanes.update(
        batch.map(({ stream, address, length }) => ({
          state: stream.state,
          address,
          blocks: Math.floor(length / BLOCK_BYTES),
        })),
      );
      for (const job of batch) await this.#complete(job);
      // Lets in what arrived meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }

  /** Waits a moment for a batch that fills the lanes, as far as there are streams to fill them. */
  async #gather(): Promise<void> {
    if (this.#gatherMs === 0 || this.#isFull()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, this.#gatherMs);
    await promise;
    clearTimeout(timer);
  }

  #isFull(): boolean {
    const waiting = new Set(this.#jobs.map(({ id }) => id));
    return waiting.size >= Math.min(LANES, this.#streams.size);
  }

  /** The oldest updates of different streams. */
  #takeBatch(): Job[] {
    const batch: Job[] = [];
    const rest: Job[] = [];
    const busy = new Set<number>();
    for (const job of this.#jobs) {
      if (batch.length < LANES && !busy.has(job.id)) batch.push(job);
      else rest.push(job);
      busy.add(job.id);
    }
    this.#jobs = rest;
    return batch;
  }

  async #complete({ stream, address, length, done }: Job): Promise<void> {
    const bytes = new Uint8Array(this.#memory.buffer, address, length);
    (await stream.others).update(bytes);
    stream.tail = bytes.slice(length - (length % BLOCK_BYTES));
    stream.bytes += length;
    done();
  }

  #stream(id: number): Stream {
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new Error(`hash stream ${id} is not open`);
    return stream;
  }
}
