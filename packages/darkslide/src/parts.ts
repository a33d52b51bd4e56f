import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createMetrics,
  createTracing,
  type Metrics,
  type RunningServer,
  type StorageConfig,
  startServer,
} from '@darkslide/server';
import { type RunningStore, startStore } from '@darkslide/store';
import type { Configuration } from './configuration.ts';
import { apiKeyFile } from './data-directory.ts';
import { keepSecret, type StoreCredentials, storeCredentials } from './secrets.ts';
import { createStoreLog } from './store-log.ts';

const EMBEDDED_BUCKET = 'darkslide';

/** How long requests under way may take once a stop was asked for. */
const DRAIN_MS = 30_000;

export type Running = {
  apiUrl: string;
  /** Where the metrics have a port of their own. */
  metricsUrl: string | undefined;
  /** Where links point; undefined where they point to AWS itself. */
  storeUrl: string | undefined;
  /** Only on the run that made it. */
  firstApiKey: string | undefined;
  /** Settles when the embedded store died by itself. */
  died: Promise<Error>;
  /** Lets what is under way finish, then stops the API, then the store. */
  stop(): Promise<void>;
};

type EmbeddedStore = { store: RunningStore; credentials: StoreCredentials };

/**
 * Starts the API and, unless an S3 is configured, the embedded store in a thread of its own.
 * @throws {Error} with one sentence that says what could not start; what had started is stopped again.
 */
export async function startParts(configuration: Configuration, version: string): Promise<Running> {
  await mkdir(configuration.dataDir, { recursive: true, mode: 0o700 });
  const { metrics: access, traces } = configuration;
  const metrics = access && { exporter: await createMetrics({ version }), access };
  const embedded = await startEmbeddedStore(configuration, metrics?.exporter);
  try {
    const storage = storageConfig(configuration, embedded);
    const server = await startServer({
      host: configuration.host,
      port: configuration.port,
      database: configuration.database,
      storage,
      apiKey: configuration.apiKey,
      linkTtlSeconds: configuration.linkTtlSeconds,
      rateLimit: { perMinute: configuration.rateLimitPerMinute },
      multipartIdleDays: configuration.multipartIdleDays,
      sweepIntervalSeconds: configuration.sweepIntervalSeconds,
      logLevel: configuration.logLevel,
      metrics,
      tracing: traces && (await createTracing({ ...traces, version })),
      version,
    });
    if (server.firstApiKey) await keepSecret(apiKeyFile(configuration.dataDir), server.firstApiKey);
    return {
      apiUrl: server.url,
      metricsUrl: server.metricsUrl,
      storeUrl: storage.publicEndpoint ?? storage.endpoint,
      firstApiKey: server.firstApiKey,
      died: whenItDies(embedded?.store),
      stop: () => stop(server, embedded?.store),
    };
  } catch (error) {
    await embedded?.store.close({ graceMs: 0 });
    throw error;
  }
}

function whenItDies(store: RunningStore | undefined): Promise<Error> {
  return new Promise((resolve) => store?.closed.catch(resolve));
}

/** The API first: its last requests may still need the store. */
async function stop(server: RunningServer, store: RunningStore | undefined): Promise<void> {
  await server.close();
  await store?.close({ graceMs: DRAIN_MS });
}

async function startEmbeddedStore(
  configuration: Configuration,
  metrics: Metrics | undefined,
): Promise<EmbeddedStore | undefined> {
  const { storage, dataDir, host, region } = configuration;
  if (storage.kind !== 'embedded') return undefined;
  const credentials = await storeCredentials(dataDir, storage.credentials);
  const writeLog = createStoreLog(configuration.logLevel, (line) => process.stdout.write(`${line}\n`));
  const store = await startStore({
    dataDir: join(dataDir, 'store'),
    host,
    port: storage.port,
    region,
    bucket: EMBEDDED_BUCKET,
    credentials,
    log: (entry) => {
      writeLog(entry);
      if (entry.type === 'request') metrics?.storeAnswered({ ...entry, receivedBytes: entry.bytesIn });
    },
  });
  return { store, credentials };
}

function storageConfig(configuration: Configuration, embedded: EmbeddedStore | undefined): StorageConfig {
  const { storage, region, signContentType, publicStoreUrl } = configuration;
  const shared = { region, signContentType, publicEndpoint: publicStoreUrl };
  if (embedded) {
    const { store, credentials } = embedded;
    return { ...shared, endpoint: store.url, bucket: EMBEDDED_BUCKET, forcePathStyle: true, credentials };
  }
  if (storage.kind !== 's3') throw new Error('The embedded store was chosen, but did not start.');
  const { endpoint, bucket, forcePathStyle } = storage;
  return { ...shared, endpoint, bucket, forcePathStyle, credentials: undefined };
}
