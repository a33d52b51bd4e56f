import { MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { ApiKeys } from './access/api-keys.ts';
import { buildApp } from './app.ts';
import { createBackground } from './background.ts';
import { type Database, type DatabaseConfig, openDatabase } from './database/database.ts';
import { createHandlers } from './routes/handlers.ts';
import { createRules } from './rules.ts';
import type { StorageConfig } from './s3/config.ts';
import { type ConnectedStore, connectStorage } from './s3/connect.ts';

export type ServerConfig = {
  host: string;
  /** 0: any free one. */
  port: number;
  database: DatabaseConfig;
  storage: StorageConfig;
  /** The key of the first account; without it, one is made on the first run. */
  apiKey?: string | undefined;
  /** How long links work, 1 to 604800 seconds. */
  linkTtlSeconds: number;
  /** Requests a minute and API key, counted in this process; without it there is no limit. */
  rateLimit?: { perMinute: number } | undefined;
  /** Multipart uploads idle for so long are aborted. Default 7. */
  multipartIdleDays?: number | undefined;
  /** How often the cluster looks for them. Default 3600. */
  sweepIntervalSeconds?: number | undefined;
  /** One of pino's levels, or `silent`. */
  logLevel: string;
  version: string;
};

export type RunningServer = {
  url: string;
  /** Only on the run that made it; it is kept nowhere. */
  firstApiKey?: string | undefined;
  /** Stops accepting, lets requests under way finish, and lets go of database and storage. */
  close(): Promise<void>;
};

const DAY = 24 * 60 * 60_000;
const DEFAULT_IDLE_DAYS = 7;
const DEFAULT_SWEEP_INTERVAL = 3600;
/** How long requests under way may take to finish when the server closes, in milliseconds. */
const DRAIN_DEADLINE = 20_000;

/**
 * Starts the API: database brought up to date, storage asked how it behaves, then listening.
 * @throws {Error} with one sentence that says what could not start; what had started is stopped again.
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  if (!(config.linkTtlSeconds >= 1 && config.linkTtlSeconds <= MAX_LINK_TTL_SECONDS))
    throw new Error(`linkTtlSeconds must be 1 to ${MAX_LINK_TTL_SECONDS}; got ${config.linkTtlSeconds}.`);
  const log = pino({ level: config.logLevel });
  const started = new Started();
  try {
    const database = await openDatabase(config.database, {
      onIdleError: (err) => log.warn({ err }, 'lost a database connection'),
    });
    started.add(() => database.close());
    // A SQLite file has one server: what that held when it ended is free.
    if (config.database.kind === 'sqlite') await database.uploads.releaseAll();
    const storage = await connectStorage(config.storage, { ttlSeconds: config.linkTtlSeconds });
    started.add(async () => storage.close());
    return await listen(config, { database, storage, log, started });
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** What has started, to be stopped in the opposite order. */
class Started {
  readonly #stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  /** Stops everything, also where one stop fails. @throws what one of them threw. */
  async stop(): Promise<void> {
    const stop = this.#stops.pop();
    if (stop === undefined) return;
    try {
      await stop();
    } finally {
      await this.stop();
    }
  }
}

type Parts = { database: Database; storage: ConnectedStore; log: Logger; started: Started };

async function listen(config: ServerConfig, { database, storage, log, started }: Parts): Promise<RunningServer> {
  const { store } = storage;
  const now = Date.now;
  const apiKeys = new ApiKeys({ accounts: database.accounts, now });
  const rules = createRules(database, store, { now });

  const app = await buildApp({
    handlers: createHandlers(rules),
    apiKeys,
    ratePerMinute: config.rateLimit?.perMinute,
    checks: { database: () => database.check(), storage: () => store.check() },
    version: config.version,
    logger: log,
  });
  const background = createBackground({
    database,
    store,
    ending: rules.ending,
    idle: (config.multipartIdleDays ?? DEFAULT_IDLE_DAYS) * DAY,
    sweepEvery: (config.sweepIntervalSeconds ?? DEFAULT_SWEEP_INTERVAL) * 1000,
    log,
  });
  started.add(async () => void (await Promise.all([background.stop(), drain(app)])));

  const firstApiKey = await apiKeys.ensureFirst(config.apiKey);
  const url = await listenOn(app, config);
  background.start();
  return { url, firstApiKey, close: () => started.stop() };
}

async function listenOn(app: FastifyInstance, { host, port }: ServerConfig): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const reason = isTaken ? 'another program listens there' : (error as Error).message;
    throw new Error(`The API can't listen on ${host}:${port}: ${reason}.`, { cause: error });
  }
}

/** Closes the app when its last request is answered, or at the deadline without the rest. */
async function drain(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), DRAIN_DEADLINE);
  await app.close();
  clearTimeout(late);
}
