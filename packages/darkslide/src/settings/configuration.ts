import { join } from 'node:path';
import { dataFolder } from './data-folder.ts';
import { type Environment, SettingsReader } from './reader.ts';
import { SETTINGS } from './settings.ts';

export { ConfigurationError, type Environment } from './reader.ts';

export type StoreCredentials = { accessKeyId: string; secretAccessKey: string };

type SignContentType = 'auto' | 'always' | 'never';

/** Where photos are stored: in the embedded store, or in another S3. */
export type StorageChoice =
  | { kind: 'embedded'; port: number; credentials: StoreCredentials | undefined; scrubDays: number }
  | { kind: 's3'; endpoint: string | undefined; bucket: string; forcePathStyle: boolean };

export type Configuration = {
  host: string;
  port: number;
  dataDir: string;
  apiKey: string | undefined;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  /** Origins whose pages may call the API from a browser. */
  allowedOrigins: readonly string[];
  /** Who receives the photos: the upload page says it. */
  studioName: string | undefined;
  /** Whether the key that the first start makes is printed if the output is not a terminal. */
  printApiKey: boolean;
  readsPhotos: boolean;
  /** Lifetime of an upload link, in seconds. */
  linkTtlSeconds: number;
  /** Requests per minute and API key. */
  rateLimitPerMinute: number;
  /** What one account may have at once. */
  quotas: { pendingFiles: number; uploadTokens: number; openUploads: number };
  multipartIdleDays: number;
  /** Days for which the embedded store keeps a file that its index does not contain. */
  lostFoundDays: number;
  /** Seconds between two searches for idle multipart uploads, in the whole cluster. */
  sweepIntervalSeconds: number;
  logLevel: string;
  /** On a port of their own, or on the API's port with a token. undefined: there are no metrics. */
  metrics: { port: number; token: string | undefined } | { port?: undefined; token: string } | undefined;
  /** The collector for traces. undefined: there are no traces. */
  traces: { url: string; serviceName: string } | undefined;
  database: { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };
  storage: StorageChoice;
  region: string;
  signContentType: SignContentType;
  /** The storage's URL as clients reach it, if that differs from the server's. */
  publicStoreUrl: string | undefined;
};

const WILDCARD_HOSTS = new Set(['0.0.0.0', '::', '[::]']);

/**
 * Reads the configuration of `darkslide serve` from the environment.
 * @param options.terminal whether people read the log: then it begins with warnings, not with a line per request.
 * @throws {ConfigurationError} One sentence for each variable that is wrong.
 */
export function readConfiguration(env: Environment, { terminal = false } = {}): Configuration {
  const read = new SettingsReader(env);
  const dataDir = dataFolder(env);
  const databaseUrl = read.value(SETTINGS.databaseUrl);
  const configuration: Configuration = {
    host: read.value(SETTINGS.host),
    port: read.value(SETTINGS.port),
    dataDir,
    trustedProxies: read.value(SETTINGS.trustedProxies),
    allowedOrigins: read.value(SETTINGS.allowedOrigins),
    studioName: read.value(SETTINGS.studioName),
    printApiKey: read.value(SETTINGS.printApiKey),
    readsPhotos: read.value(SETTINGS.readsPhotos),
    apiKey: read.value(SETTINGS.apiKey),
    linkTtlSeconds: read.value(SETTINGS.linkTtlSeconds),
    rateLimitPerMinute: read.value(SETTINGS.rateLimitPerMinute),
    quotas: {
      pendingFiles: read.value(SETTINGS.maxPendingFiles),
      uploadTokens: read.value(SETTINGS.maxUploadTokens),
      openUploads: read.value(SETTINGS.maxOpenUploads),
    },
    multipartIdleDays: read.value(SETTINGS.multipartIdleDays),
    lostFoundDays: read.value(SETTINGS.lostFoundDays),
    sweepIntervalSeconds: read.value(SETTINGS.sweepIntervalSeconds),
    logLevel: read.value(SETTINGS.logLevel) ?? (terminal ? 'warn' : 'info'),
    metrics: readMetrics(read),
    traces: readTraces(read),
    database: databaseUrl
      ? { kind: 'postgres', url: databaseUrl }
      : { kind: 'sqlite', path: join(dataDir, 'darkslide.db') },
    storage: readStorage(read),
    region: readRegion(read),
    signContentType: read.value(SETTINGS.signContentType),
    publicStoreUrl: read.value(SETTINGS.publicStoreUrl),
  };
  checkPublicUrl(read, configuration);
  read.finish();
  return configuration;
}

function checkPublicUrl(read: SettingsReader, { storage, host, publicStoreUrl }: Configuration): void {
  if (storage.kind !== 'embedded') return;
  if (WILDCARD_HOSTS.has(host) && !publicStoreUrl) {
    read.problem(
      `DARKSLIDE_HOST=${host} listens on every address, so links need the one that clients reach: ` +
        'set DARKSLIDE_PUBLIC_STORE_URL, for example http://photos.example.com:9000',
    );
  }
  if (publicStoreUrl && new URL(publicStoreUrl).pathname !== '/') {
    read.problem(
      'DARKSLIDE_PUBLIC_STORE_URL has a path, but links to the embedded store begin at the root of its host: ' +
        'give it a host or port of its own, for example http://photos.example.com:9000',
    );
  }
}

function readMetrics(read: SettingsReader): Configuration['metrics'] {
  const token = read.value(SETTINGS.metricsToken);
  const port = read.value(SETTINGS.metricsPort);
  if (port !== undefined) return { port, token };
  return token === undefined ? undefined : { token };
}

function readTraces(read: SettingsReader): Configuration['traces'] {
  const base = read.value(SETTINGS.tracesBaseUrl)?.replace(/\/*$/, '/v1/traces');
  const url = read.value(SETTINGS.tracesUrl) ?? base;
  if (url === undefined || read.value(SETTINGS.isTracingDisabled)) return undefined;
  return { url, serviceName: read.value(SETTINGS.serviceName) };
}

function readRegion(read: SettingsReader): string {
  const [own, amazon] = [read.value(SETTINGS.s3Region), read.value(SETTINGS.awsRegion)];
  return own ?? amazon ?? 'us-east-1';
}

function readStorage(read: SettingsReader): StorageChoice {
  const endpoint = read.value(SETTINGS.s3Endpoint);
  const bucket = read.value(SETTINGS.s3Bucket);
  if (endpoint || bucket || read.isSet(SETTINGS.s3Bucket)) {
    if (!read.isSet(SETTINGS.s3Bucket)) {
      read.problem('DARKSLIDE_S3_ENDPOINT is set without DARKSLIDE_S3_BUCKET: name the bucket for the photos');
    }
    const forcePathStyle = read.value(SETTINGS.s3ForcePathStyle) ?? endpoint !== undefined;
    return { kind: 's3', endpoint, bucket: bucket ?? '', forcePathStyle };
  }
  const accessKeyId = read.value(SETTINGS.storeAccessKey);
  const secretAccessKey = read.value(SETTINGS.storeSecretKey);
  if (read.isSet(SETTINGS.storeAccessKey) !== read.isSet(SETTINGS.storeSecretKey)) {
    read.problem('DARKSLIDE_STORE_ACCESS_KEY and DARKSLIDE_STORE_SECRET_KEY belong together: set both, or neither');
  }
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const [port, scrubDays] = [read.value(SETTINGS.storePort), read.value(SETTINGS.scrubDays)];
  return { kind: 'embedded', port, credentials, scrubDays };
}
