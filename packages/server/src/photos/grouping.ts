import { Worker } from 'node:worker_threads';
import type { PhotoRow } from './photo-table.ts';
import type { ShootPage } from './shoot-pages.ts';

/** `key` names a project at one version of what is known of its photos. */
export type GroupingRequest = { id: number; key: string } & (
  | { kind: 'add'; rows: readonly PhotoRow[] }
  | { kind: 'group' }
  | { kind: 'drop' }
  | { kind: 'page'; at: number; limit: number }
);

export type GroupingResponse = { id: number; result?: ShootPage | undefined; error?: string };

type Waiting = PromiseWithResolvers<ShootPage | undefined>;
type Body = GroupingRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id' | 'key'>
    : never
  : never;

/** A shoot of 100,000 files takes about 400 MB while it is grouped. */
const MAX_HEAP_MB = 2048;

/** The thread that groups photos. It starts with its first work. */
export class Grouping {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** Groups the rows, and keeps the result for `page` under the key. */
  async group(key: string, pages: AsyncIterable<readonly PhotoRow[]>): Promise<void> {
    try {
      for await (const rows of pages) await this.#ask(key, { kind: 'add', rows });
    } catch (error) {
      await this.#ask(key, { kind: 'drop' });
      throw error;
    }
    await this.#ask(key, { kind: 'group' });
  }

  /** Undefined where nothing is kept under the key. */
  page(key: string, { at, limit }: { at: number; limit: number }): Promise<ShootPage | undefined> {
    return this.#worker ? this.#ask(key, { kind: 'page', at, limit }) : Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(key: string, body: Body): Promise<ShootPage | undefined> {
    const waiting: Waiting = Promise.withResolvers();
    const id = ++this.#lastId;
    this.#waiting.set(id, waiting);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ ...body, id, key } satisfies GroupingRequest);
    return waiting.promise;
  }

  #start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './grouping-worker.ts' : './grouping-worker.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    worker.unref();
    worker.on('message', ({ id, result, error }: GroupingResponse) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    worker.on('error', (error) => this.#fail(error as Error));
    worker.on('exit', () => this.#fail(new Error('The thread that groups photos has ended.')));
    return worker;
  }

  /** The next work gets a new thread. */
  #fail(error: Error): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
