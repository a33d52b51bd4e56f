import { createHash } from 'node:crypto';
import type { Source } from '../base/ports.ts';
import type { UploadSummary } from '../base/results.ts';
import { Client, type ClientOptions, type UploadOptions } from '../client.ts';
import type { DuplicatePolicy, Plan } from '../plan/plan.ts';
import { nodeClock } from './clock.ts';
import { createFileMemory } from './file-memory.ts';
import { HASH_HERE } from './file-source.ts';
import { createNodeTransport, type NodeTransport } from './http-transport.ts';
import { Md5Pool } from './md5-pool.ts';
import type { Environment } from './proxies.ts';
import { type FindOptions, walk } from './walk.ts';

export type NodeClientOptions = ClientOptions & {
  /** Where to remember what was sent, for resuming sooner. @default nothing is remembered */
  stateFolder?: string | undefined;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read. @default no proxy */
  env?: Environment | undefined;
};

/** What to send: paths of files, folders and globs, or files at hand. */
export type Files = FindOptions | { files: readonly Source[] };

export type PlanOptions = Files & { duplicates?: DuplicatePolicy | undefined; signal?: AbortSignal | undefined };

/** Sends photos from Node. Make it with `createClient`, and `close` it at the end. */
export class NodeClient extends Client {
  readonly #transport: NodeTransport;
  readonly #pool = new Md5Pool();

  constructor({ stateFolder, env, ...options }: NodeClientOptions) {
    const transport = createNodeTransport({ env });
    super(options, {
      transport,
      clock: nodeClock,
      random: Math.random,
      md5: async (bytes) => createHash('md5').update(bytes).digest('hex'),
      memory: stateFolder === undefined ? NO_MEMORY : createFileMemory(stateFolder),
    });
    this.#transport = transport;
  }

  /**
   * Finds out what an upload would send, without sending.
   * @throws {ConfigurationError} for a path that leads nowhere. @throws {DuplicateNamesError}
   */
  async plan(options: PlanOptions): Promise<Plan> {
    const { duplicates, signal } = options;
    if ('files' in options) return this.planFiles({ files: options.files, duplicates, signal });
    const { sources, unreadable, leftOut } = await walk({ ...options, pool: this.#pool });
    return this.planFiles({ files: sources, settled: unreadable, leftOut, duplicates, signal });
  }

  /**
   * Sends photos, and checks that they arrived. What became of each file stands in the summary: a file that failed
   * does not make this reject.
   * @throws {ConfigurationError} for options or paths that can't be.
   * @throws {DuplicateNamesError} where different files have one name.
   * @throws {AuthenticationError | RefusedError} where the project can't be had.
   * @throws {UnavailableError | ProtocolError} where the server can't be reached to begin with, or is another kind.
   * @throws the signal's reason when it aborts.
   */
  async upload(options: UploadOptions & Files): Promise<UploadSummary> {
    return this.uploadPlan(await this.plan(options), options);
  }

  override async uploadPlan(plan: Plan, options: UploadOptions): Promise<UploadSummary> {
    // The thread takes as long to start as the server to be asked.
    if (plan.files.some(({ source }) => source.size > HASH_HERE)) this.#pool.start();
    return super.uploadPlan(plan, options);
  }

  /** Closes the connections that are kept, and ends the hashing thread. */
  close(): void {
    this.#pool.close();
    this.#transport.close();
  }
}

const NO_MEMORY = { load: async () => [], append: async () => {}, replace: async () => {} };

/**
 * A client for one account of one server.
 * @throws {ConfigurationError} for a URL or a key that can't be one.
 */
export const createClient = (options: NodeClientOptions): NodeClient => new NodeClient(options);
