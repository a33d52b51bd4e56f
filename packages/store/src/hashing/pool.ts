import { Worker } from 'node:worker_threads';
import type { DigestName, Digests } from './digests.ts';
import type { Slab, Slabs } from './slabs.ts';
import type { HashReply, HashRequest } from './worker.ts';

/** Digests of one body, computed elsewhere. The slab may be changed again once `update` has resolved. */
export interface Hasher {
  update(slab: Slab, length: number): Promise<void>;
  /** Ends it. */
  finish(): Promise<Digests>;
  /** Ends it without a result; after every `update` has settled. */
  drop(): void;
}

type Waiting = { resolve: (digests: Digests) => void; reject: (error: unknown) => void };
type Lane = { worker: Worker; streams: Map<number, Waiting[]> };

/** Threads that hash, off the path of the bytes. */
export class HashPool {
  readonly #lanes: Lane[];
  readonly #slabs: Slabs;
  #nextStream = 0;
  #closing = false;

  /** `onDeath` hears of it when a thread ends by itself. */
  constructor({ threads, slabs, onDeath }: { threads: number; slabs: Slabs; onDeath: (error: Error) => void }) {
    this.#slabs = slabs;
    this.#lanes = Array.from({ length: threads }, () => this.#startLane(onDeath));
  }

  hasher(names: DigestName[]): Hasher {
    const stream = this.#nextStream++;
    const lane = this.#lanes.reduce((best, one) => (one.streams.size < best.streams.size ? one : best));
    const waiting: Waiting[] = [];
    lane.streams.set(stream, waiting);
    const post = (message: HashRequest) => lane.worker.postMessage(message);
    const ask = (message: HashRequest) =>
      new Promise<Digests>((resolve, reject) => {
        waiting.push({ resolve, reject });
        post(message);
      });

    post({ type: 'open', stream, names });
    return {
      update: async ({ number }, length) => {
        await ask({ type: 'update', stream, offset: number * this.#slabs.size, length });
      },
      finish: async () => {
        const digests = await ask({ type: 'finish', stream });
        lane.streams.delete(stream);
        return digests;
      },
      drop: () => {
        lane.streams.delete(stream);
        post({ type: 'drop', stream });
      },
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }

  #startLane(onDeath: (error: Error) => void): Lane {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { shared: this.#slabs.shared } });
    const lane: Lane = { worker, streams: new Map() };
    worker.on('message', ({ stream, digests }: HashReply) => {
      lane.streams
        .get(stream)
        ?.shift()
        ?.resolve(digests ?? {});
    });
    const die = (error: Error) => {
      if (this.#closing) return;
      for (const { reject } of [...lane.streams.values()].flat()) reject(error);
      lane.streams.clear();
      onDeath(error);
    };
    worker.on('error', die);
    worker.on('exit', () => die(new Error('a hashing thread has stopped')));
    return lane;
  }
}
