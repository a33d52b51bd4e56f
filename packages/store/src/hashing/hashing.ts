import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HELPER_LIMITS } from '../threads.ts';
import type { HashBuffer, HashBuffers } from './buffers.ts';
import type { DigestName, Digests } from './digests.ts';
import type { HashReply, HashRequest } from './hashing-thread.ts';

/** Digests of one body. */
export interface Hasher {
  /** Resolves when the buffer may change again. Each update but the last fills its buffer. */
  update(buffer: HashBuffer, length: number): Promise<void>;
  /** Ends it. */
  finish(): Promise<Digests>;
  /** Ends it without a result; after every `update` has settled. */
  drop(): void;
}

type Waiting = { resolve: (digests: Digests) => void; reject: (error: unknown) => void };

/** Hashes in a thread of its own, off the path of the bytes. */
export class Hashing {
  readonly #worker: Worker;
  readonly #streams = new Map<number, Waiting[]>();
  #nextStream = 0;
  #closing = false;

  /** `onDeath` is called when the thread ends by itself. `gatherMs` is that of `HashStreams`. */
  constructor({
    buffers,
    onDeath,
    gatherMs,
  }: { buffers: HashBuffers; onDeath: (error: Error) => void; gatherMs?: number }) {
    const file = import.meta.url.endsWith('.ts') ? './hashing-thread.ts' : './hashing-thread.js';
    const { memory, scratch } = buffers;
    this.#worker = new Worker(new URL(file, import.meta.url), {
      workerData: { memory, scratch, gatherMs },
      resourceLimits: HELPER_LIMITS,
    });
    this.#worker.on('message', ({ stream, digests }: HashReply) => {
      this.#streams
        .get(stream)
        ?.shift()
        ?.resolve(digests ?? {});
    });
    const die = (error: Error) => {
      if (this.#closing) return;
      this.#closing = true;
      for (const { reject } of [...this.#streams.values()].flat()) reject(error);
      this.#streams.clear();
      onDeath(error);
    };
    this.#worker.on('error', die);
    this.#worker.on('exit', () => die(new Error('the hashing thread has stopped')));
  }

  hasher(names: DigestName[]): Hasher {
    const stream = this.#nextStream++;
    const waiting: Waiting[] = [];
    this.#streams.set(stream, waiting);
    const post = (message: HashRequest) => this.#worker.postMessage(message);
    const ask = (message: HashRequest) =>
      new Promise<Digests>((resolve, reject) => {
        waiting.push({ resolve, reject });
        post(message);
      });

    post({ type: 'open', stream, names });
    return {
      update: async ({ address }, length) => {
        await ask({ type: 'update', stream, address, length });
      },
      finish: async () => {
        const digests = await ask({ type: 'finish', stream });
        this.#streams.delete(stream);
        return digests;
      },
      drop: () => {
        this.#streams.delete(stream);
        post({ type: 'drop', stream });
      },
    };
  }

  /** Lets the thread end by itself: ending one from outside, in the middle of its work, can end the whole process. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage('close' satisfies HashRequest);
    await exited;
  }
}
