import { TrustedProxies } from '@darkslide/connections';
import {
  createMetrics,
  createTracing,
  type Metrics,
  type RunningServer,
  type StorageConfig,
  startServer,
} from '@darkslide/server';
import type { LogEntry, RunningStore } from '@darkslide/store';
import type { Configuration } from '../settings/configuration.ts';
import { holdDataFolder } from './data-folder.ts';
import { startEmbeddedStore } from './embedded-store.ts';
import { apiKeyFile } from './local-api-key.ts';
import { keepSecret, storeCredentials } from './secrets.ts';
import { embeddedStorage, externalStorage } from './storage.ts';
import { createStoreLog } from './store-log.ts';

/** How long requests in progress may take after a stop was requested. */
const DRAIN_MS = 30_000;

export type Running = {
  apiUrl: string;
  /** Set if the metrics have a port of their own. */
  metricsUrl: string | undefined;
  /** Where links point; undefined if they point to AWS itself. */
  storeUrl: string | undefined;
  /** Only in the run that made it. */
  firstApiKey: string | undefined;
  /** The file in which that run saved it. */
  apiKeyFile: string;
  /** Resolves if the embedded store stops by itself. */
  died: Promise<Error>;
  /** Finishes requests in progress, then stops the API, then the store. */
  stop(): Promise<void>;
};

/**
 * Starts the API and, unless an S3 is configured, the embedded store in a thread of its own.
 * @throws {UnusableError} One sentence about what cannot be used. What had started is stopped again.
 */
export async function startRuntime(configuration: Configuration, version: string): Promise<Running> {
  const { metrics: access, traces } = configuration;
  const metrics = access && { exporter: await createMetrics({ version }), access };
  const lock = await holdDataFolder(configuration);
  let store: RunningStore | undefined;
  try {
    const storage = await startStorage(configuration, metrics?.exporter);
    store = storage.store;
    const server = await startServer({
      host: configuration.host,
      port: configuration.port,
      database: configuration.database,
      storage: storage.config,
      apiKey: configuration.apiKey,
      linkTtlSeconds: configuration.linkTtlSeconds,
      rateLimit: { perMinute: configuration.rateLimitPerMinute },
      quotas: configuration.quotas,
      multipartIdleDays: configuration.multipartIdleDays,
      sweepIntervalSeconds: configuration.sweepIntervalSeconds,
      logLevel: configuration.logLevel,
      trustedProxies: new TrustedProxies(configuration.trustedProxies),
      allowedOrigins: configuration.allowedOrigins,
      studioName: configuration.studioName,
      readsPhotos: configuration.readsPhotos,
      uploadPage: async () => (await import('@darkslide/web/page')).uploadPage(),
      metrics,
      tracing: traces && (await createTracing({ ...traces, version })),
      version,
    });
    if (server.firstApiKey) await keepSecret(apiKeyFile(configuration.dataDir), server.firstApiKey);
    return {
      apiUrl: server.url,
      metricsUrl: server.metricsUrl,
      storeUrl: storage.config.publicEndpoint ?? storage.config.endpoint,
      firstApiKey: server.firstApiKey,
      apiKeyFile: apiKeyFile(configuration.dataDir),
      died: whenItDies(store),
      stop: () => stop(server, storage.store).finally(() => lock?.release()),
    };
  } catch (error) {
    await store?.close({ graceMs: 0 });
    lock?.release();
    throw error;
  }
}

function whenItDies(store: RunningStore | undefined): Promise<Error> {
  return new Promise((resolve) => store?.closed.catch(resolve));
}

/** Stops the API first: its last requests may still need the store. */
async function stop(server: RunningServer, store: RunningStore | undefined): Promise<void> {
  await server.close();
  await store?.close({ graceMs: DRAIN_MS });
}

function watchStore(metrics: Metrics, store: RunningStore): void {
  const scrub = async () => (await store.figures()).scrub;
  metrics.watch('store_bodies', async () => (await store.figures()).bodies);
  metrics.watch('store_damaged_objects', async () => (await store.figures()).damagedObjects);
  metrics.watch('store_lost_found_files', async () => (await store.figures()).lostAndFound);
  metrics.watch('store_scrubbed_bytes', async () => (await scrub()).checkedBytes);
  metrics.watch('store_scrubbed_blobs', async () => (await scrub()).checkedBlobs);
  metrics.watch('store_scrub_interval_seconds', async () => (await scrub()).intervalMs / 1000);
  metrics.watch(
    'store_scrub_last_pass_timestamp_seconds',
    async () => ((await scrub()).lastPassAt ?? Date.now()) / 1000,
  );
}

/** How to reach the storage, and the embedded store if it is used. */
async function startStorage(
  configuration: Configuration,
  metrics: Metrics | undefined,
): Promise<{ config: StorageConfig; store?: RunningStore }> {
  const { storage, dataDir, logLevel } = configuration;
  if (storage.kind === 's3') return { config: externalStorage(configuration, storage) };
  const credentials = await storeCredentials(dataDir, storage.credentials);
  const writeLog = createStoreLog(logLevel, (line) => process.stdout.write(`${line}\n`));
  const log = (entry: LogEntry) => {
    writeLog(entry);
    if (entry.type === 'request') metrics?.storeRequestCompleted({ ...entry, receivedBytes: entry.bytesIn });
  };
  const store = await startEmbeddedStore(configuration, {
    dataDir,
    port: storage.port,
    scrubDays: storage.scrubDays,
    credentials,
    log,
  });
  if (metrics) watchStore(metrics, store);
  const endpoints = { endpoint: store.ownUrl, clientEndpoint: store.url };
  return { config: embeddedStorage(configuration, { ...endpoints, credentials }), store };
}
