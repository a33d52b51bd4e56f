import { createHash } from 'node:crypto';
import type { Source } from '../base/ports.ts';
import type { UploadSummary } from '../base/results.ts';
import { systemClock } from '../base/system-clock.ts';
import { Client, type ClientOptions, type DownloadOptions, type UploadOptions } from '../client.ts';
import type { DownloadSummary } from '../download/results.ts';
import { runDownload } from '../download/run-download.ts';
import type { DuplicatePolicy, Plan } from '../plan/plan.ts';
import { createFileMemory } from './file-memory.ts';
import { openFileSink } from './file-sink.ts';
import { INLINE_HASH_MAX_BYTES } from './file-source.ts';
import { createNodeTransport, type NodeTransport } from './http-transport.ts';
import { Md5Pool } from './md5-pool.ts';
import type { Environment } from './proxies.ts';
import { type FindOptions, walk } from './walk.ts';

export type NodeClientOptions = ClientOptions & {
  /** The folder of the resume journal, so that a later run need not read files again. @default no journal */
  stateFolder?: string | undefined;
  /** The environment with HTTP_PROXY, HTTPS_PROXY and NO_PROXY. @default no proxy */
  env?: Environment | undefined;
};

/** What to upload: paths of files, folders and globs, or opened sources. */
export type Files = FindOptions | { files: readonly Source[] };

export type PlanOptions = Files & { duplicates?: DuplicatePolicy | undefined; signal?: AbortSignal | undefined };

/** Uploads photos from Node. Create it with `createClient`, and call `close` at the end. */
export class NodeClient extends Client {
  readonly #transport: NodeTransport;
  readonly #pool = new Md5Pool();

  constructor({ stateFolder, env, ...options }: NodeClientOptions) {
    const transport = createNodeTransport({ env });
    super(options, {
      transport,
      clock: systemClock,
      random: Math.random,
      md5: async (bytes) => createHash('md5').update(bytes).digest('hex'),
      memory: stateFolder === undefined ? NO_MEMORY : createFileMemory(stateFolder),
    });
    this.#transport = transport;
  }

  /**
   * Finds out what an upload would send. Sends nothing.
   * @throws {ConfigurationError} for a path that does not exist.
   * @throws {DuplicateNamesError} when different files have the same name.
   */
  async plan(options: PlanOptions): Promise<Plan> {
    const { duplicates, signal } = options;
    if ('files' in options) return this.planFiles({ files: options.files, duplicates, signal });
    const { sources, unreadable, leftOut } = await walk({ ...options, pool: this.#pool });
    return this.planFiles({ files: sources, settled: unreadable, leftOut, duplicates, signal });
  }

  /**
   * Uploads photos and verifies them. The summary has the result of each file: a file that failed does not make this
   * reject.
   * @throws {ConfigurationError} for invalid options, or paths that do not exist.
   * @throws {DuplicateNamesError} when different files have the same name.
   * @throws {AuthenticationError | RefusedError} where the key may not use the project.
   * @throws {UnavailableError | ProtocolError} where the server cannot be reached, or is not a server of the contract.
   * @throws the signal's reason when it aborts.
   */
  async upload(options: UploadOptions & Files): Promise<UploadSummary> {
    return this.uploadPlan(await this.plan(options), options);
  }

  override async uploadPlan(plan: Plan, options: UploadOptions): Promise<UploadSummary> {
    // The thread starts while the first requests are made.
    if (plan.files.some(({ source }) => source.size > INLINE_HASH_MAX_BYTES)) this.#pool.start();
    return super.uploadPlan(plan, options);
  }

  /**
   * Fetches the files of a project into a folder, and verifies them. The summary has the result of each file. Run again,
   * it goes on where it ended.
   * @param options `folder`: made where it does not exist.
   * @throws {ConfigurationError} for invalid options, no such project, or a folder that can't be written.
   * @throws {AuthenticationError | RefusedError} where the key may not read the project.
   * @throws {UnavailableError | ProtocolError} where the server cannot be reached, or cannot list files or sets.
   * @throws the signal's reason when it aborts, unless it follows.
   */
  async download({ folder, ...options }: DownloadOptions & { folder: string }): Promise<DownloadSummary> {
    const sink = await openFileSink(folder, this.#pool);
    return await runDownload({ ...(await this.openDownload(options)), sink, folder });
  }

  /** Closes the idle connections, and ends the hashing thread. */
  close(): void {
    this.#pool.close();
    this.#transport.close();
  }
}

const NO_MEMORY = { load: async () => [], append: async () => {}, replace: async () => {} };

/**
 * A client for one account of one server.
 * @throws {ConfigurationError} for an invalid URL or key.
 */
export const createClient = (options: NodeClientOptions): NodeClient => new NodeClient(options);
