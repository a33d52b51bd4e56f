import type { TrustedProxies } from '@darkslide/connections';
import { MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { buildApp } from './app.ts';
import type { OnDamaged } from './arrivals/arrivals.ts';
import { createBackground } from './background.ts';
import type { DatabaseConfig } from './database/config.ts';
import { watchGauges } from './gauges.ts';
import { createHandlers } from './http/handlers.ts';
import type { UploadPage } from './http/pages.ts';
import { ApiKeys } from './keys/api-keys.ts';
import { Callers } from './keys/caller.ts';
import { observeDatabase } from './observability/database.ts';
import { type MetricsExporter, NO_METRICS } from './observability/metrics.ts';
import { type MetricsAccess, serveMetrics } from './observability/metrics-endpoint.ts';
import { NO_TRACING, type Tracing } from './observability/tracing.ts';
import { type Database, openDatabase } from './open-database.ts';
import type { QuotaLimits } from './quotas/quota-table.ts';
import { DEFAULT_QUOTAS } from './quotas/quotas.ts';
import { createRules } from './services.ts';
import type { ObjectStore } from './storage/object-store.ts';
import type { StorageConfig } from './storage/s3/config.ts';
import { type ConnectedStore, connectStorage } from './storage/s3/connect.ts';
import { UnusableError } from './trouble/diagnosis.ts';
import { diagnoseListening } from './trouble/listening.ts';

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
  /** What one account may have at once; what is left out has its default. */
  quotas?: Partial<QuotaLimits> | undefined;
  /** Multipart uploads that are idle for this long are aborted. Default 7. */
  multipartIdleDays?: number | undefined;
  /** How often the cluster looks for them. Default 3600. */
  sweepIntervalSeconds?: number | undefined;
  /** One of pino's levels, or `silent`. */
  logLevel: string;
  /** Where Prometheus reads what `exporter` counts; without it nothing is counted. */
  metrics?: { exporter: MetricsExporter; access: MetricsAccess } | undefined;
  /** Where traces go; without it nothing is traced. Stopped with the server. */
  tracing?: Tracing | undefined;
  /** The proxies that may say for whom they ask; without it, none. */
  trustedProxies?: TrustedProxies | undefined;
  /** Pages of these origins may call the API from a browser; `*`: of every origin. */
  allowedOrigins?: readonly string[] | undefined;
  /** The files of the page at `/upload`, loaded when it is first asked for; without it there is no page. */
  uploadPage?: UploadPage['load'] | undefined;
  /** Who receives the photos, for the upload page. */
  studioName?: string | undefined;
  /** Whether the heads of photos are read, so that there are shots. Default true. */
  readsPhotos?: boolean | undefined;
  version: string;
};

export type RunningServer = {
  url: string;
  /** Where the metrics have a port of their own. */
  metricsUrl?: string | undefined;
  /** Only on the run that made it; it is kept nowhere. */
  firstApiKey?: string | undefined;
  /** Stops accepting, lets requests in progress finish, and closes database and storage. */
  close(): Promise<void>;
};

const DAY = 24 * 60 * 60_000;
const DEFAULT_IDLE_DAYS = 7;
const DEFAULT_SWEEP_INTERVAL_SECONDS = 3600;
/** How long requests in progress may take to finish when the server closes, in milliseconds. */
const DRAIN_DEADLINE_MS = 20_000;

/**
 * Starts the API: database brought up to date, storage asked how it behaves, then listening.
 * @throws {UnusableError} with one sentence that says what can't be used; what had started is stopped again.
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  if (!(config.linkTtlSeconds >= 1 && config.linkTtlSeconds <= MAX_LINK_TTL_SECONDS)) {
    throw new Error(`linkTtlSeconds must be 1 to ${MAX_LINK_TTL_SECONDS}; got ${config.linkTtlSeconds}.`);
  }
  const log = pino({ level: config.logLevel });
  const started = new Started();
  const { exporter: metrics = NO_METRICS } = config.metrics ?? {};
  const { tracing = NO_TRACING } = config;
  started.add(() => tracing.stop());
  try {
    const database = await openDatabase(config.database, observeDatabase({ metrics, tracing, log }));
    started.add(() => database.close());
    // A SQLite file has one server: what that held when it ended is free.
    if (config.database.kind === 'sqlite') await database.uploads.releaseAll();
    const storage = await connectStorage(config.storage, { ttlSeconds: config.linkTtlSeconds, metrics, tracing });
    started.add(async () => storage.close());
    watchGauges(metrics, { database, storage });
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
  const { metrics, tracing } = config;
  const now = Date.now;
  const onDamaged: OnDamaged = ({ projectUuid: project, files }) => {
    metrics?.exporter.filesDamaged(files);
    log.error({ project, files }, 'storage says that files are damaged that had arrived: they have to be sent again');
  };
  const apiKeys = new ApiKeys({ accounts: database.accounts, now });
  const { readsPhotos = true } = config;
  const rules = createRules(database, store, {
    ...{ now, onDamaged, readsPhotos, studioName: config.studioName ?? null },
    quotaLimits: { ...DEFAULT_QUOTAS, ...config.quotas },
  });

  const app = await buildApp({
    handlers: createHandlers(rules),
    callers: new Callers({ keys: apiKeys, tokens: rules.uploadTokens }),
    uploadTokens: rules.uploadTokens,
    events: database.events,
    ratePerMinute: config.rateLimit?.perMinute,
    checks: { database: () => database.check(), storage: () => store.check() },
    version: config.version,
    trustedProxies: config.trustedProxies,
    allowedOrigins: config.allowedOrigins,
    uploadPage: config.uploadPage && { load: config.uploadPage, storageOrigin: () => originOf(store) },
    logger: log,
    metrics: metrics?.exporter,
    tracing,
    metricsRoute: metrics && metrics.access.port === undefined ? { ...metrics, ...metrics.access } : undefined,
  });
  const background = createBackground({
    database,
    store,
    ending: rules.ending,
    deletion: rules.deletion,
    arrivals: rules.arrivals,
    readsPhotos,
    idle: (config.multipartIdleDays ?? DEFAULT_IDLE_DAYS) * DAY,
    sweepEveryMs: (config.sweepIntervalSeconds ?? DEFAULT_SWEEP_INTERVAL_SECONDS) * 1000,
    log,
  });
  started.add(() => rules.shots.close());
  started.add(async () => void (await Promise.all([background.stop(), drain(app)])));

  const firstApiKey = await apiKeys.ensureFirst(config.apiKey);
  const url = await listenOn(app, config);
  const metricsUrl = await listenForMetrics(config, started);
  background.start();
  return { url, metricsUrl, firstApiKey, close: () => started.stop() };
}

async function listenOn(app: FastifyInstance, { host, port }: ServerConfig): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw new UnusableError(diagnoseListening(error, { part: 'API', host, port }), { cause: error });
  }
}

async function listenForMetrics({ host, metrics }: ServerConfig, started: Started): Promise<string | undefined> {
  if (metrics?.access.port === undefined) return undefined;
  const { exporter, access } = metrics;
  const { port, close } = await serveMetrics(exporter, { host, ...access });
  started.add(close);
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
}

/** Closes the app when its last request is completed, or at the deadline without the rest. */
async function drain(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), DRAIN_DEADLINE_MS);
  await app.close();
  clearTimeout(late);
}

/** Of the links to storage. */
async function originOf(store: ObjectStore): Promise<string> {
  return new URL((await store.signer()).get('any', 'any')).origin;
}
