import { join, resolve } from 'node:path';
import { isAddressRange } from '@darkslide/connections';

export type StoreCredentials = { accessKeyId: string; secretAccessKey: string };

export type SignContentType = 'auto' | 'always' | 'never';

/** Where photos go: the store that darkslide brings along, or any S3. */
export type StorageChoice =
  | { kind: 'embedded'; port: number; credentials: StoreCredentials | undefined; scrubDays: number }
  | { kind: 's3'; endpoint: string | undefined; bucket: string; forcePathStyle: boolean };

export type Configuration = {
  host: string;
  port: number;
  dataDir: string;
  apiKey: string | undefined;
  /** Addresses and ranges of proxies that may say for whom they ask. */
  trustedProxies: readonly string[];
  /** Whether the key that the first start makes is printed where the output is not a terminal. */
  printApiKey: boolean;
  /** Seconds that an upload link lives. */
  linkTtlSeconds: number;
  /** Requests a minute and API key. */
  rateLimitPerMinute: number;
  multipartIdleDays: number;
  /** Days for which the embedded store keeps a file that it does not know. */
  lostFoundDays: number;
  /** Seconds between two searches for idle multipart uploads, in the whole cluster. */
  sweepIntervalSeconds: number;
  logLevel: string;
  /** On a port of their own, or on the API's with a token; undefined: none are kept. */
  metrics: { port: number; token: string | undefined } | { port?: undefined; token: string } | undefined;
  /** Where a collector takes traces; undefined: there are none. */
  traces: { url: string; serviceName: string } | undefined;
  database: { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };
  storage: StorageChoice;
  region: string;
  signContentType: SignContentType;
  /** The storage's URL as clients reach it, where that differs from the server's way to it. */
  publicStoreUrl: string | undefined;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that holds the embedded database, the embedded store and their secrets. */
export function dataFolder(env: Environment): string {
  return resolve(env.DARKSLIDE_DATA_DIR || '.darkslide');
}

/** Every variable that is wrong, in one message, so that one start tells them all. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationError';
  }
}

const DAY_SECONDS = 24 * 60 * 60;
/** SigV4 allows a link no longer life. */
const MAX_LINK_TTL_SECONDS = 7 * DAY_SECONDS;
/** One signed link is enough to try secrets against without asking the server: a shorter one is found so. */
const MIN_SECRET_LENGTH = 32;
const HOST = /^([\w.-]+|[\da-f:.]*:[\da-f:.%\w]*)$/i;
/** As wide as the widest storage allows. */
const BUCKET = /^[\w.-]{3,255}$/;
const REGION = /^[\w-]+$/;
const WILDCARD_HOSTS = new Set(['0.0.0.0', '::', '[::]']);

/**
 * The configuration of `darkslide serve`, read from the environment; nothing else of the program looks there.
 * On a terminal the log begins with warnings: a line a request is for programs.
 * @throws {ConfigurationError} naming every variable that can't be used, and what it takes.
 */
export function readConfiguration(env: Environment, { terminal = false } = {}): Configuration {
  const read = new Reader(env);
  const dataDir = dataFolder(env);
  const databaseUrl = read.url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const configuration: Configuration = {
    host: read.word('DARKSLIDE_HOST', HOST, 'a host name or address alone, such as 127.0.0.1') ?? '127.0.0.1',
    port: read.integer('DARKSLIDE_PORT', { min: 0, max: 65_535, fallback: 8080 }),
    dataDir,
    trustedProxies: readTrustedProxies(read),
    printApiKey: read.boolean('DARKSLIDE_PRINT_API_KEY', false),
    apiKey: read.secret('DARKSLIDE_API_KEY', { min: MIN_SECRET_LENGTH }),
    linkTtlSeconds: read.integer('DARKSLIDE_LINK_TTL', { min: 1, max: MAX_LINK_TTL_SECONDS, fallback: DAY_SECONDS }),
    rateLimitPerMinute: read.integer('DARKSLIDE_RATE_LIMIT', { min: 1, max: 1_000_000, fallback: 6000 }),
    multipartIdleDays: read.decimal('DARKSLIDE_MULTIPART_IDLE_DAYS', { min: 0.0001, max: 365, fallback: 7 }),
    lostFoundDays: read.decimal('DARKSLIDE_LOST_FOUND_DAYS', { min: 1, max: 3650, fallback: 30 }),
    sweepIntervalSeconds: read.integer('DARKSLIDE_SWEEP_INTERVAL', { min: 1, max: DAY_SECONDS, fallback: 3600 }),
    logLevel: read.choice(
      'DARKSLIDE_LOG_LEVEL',
      ['debug', 'info', 'warn', 'error', 'silent'],
      terminal ? 'warn' : 'info',
    ),
    metrics: readMetrics(read),
    traces: readTraces(read),
    database: databaseUrl
      ? { kind: 'postgres', url: databaseUrl }
      : { kind: 'sqlite', path: join(dataDir, 'darkslide.db') },
    storage: readStorage(read),
    region: readRegion(read),
    signContentType: read.choice('DARKSLIDE_S3_SIGN_CONTENT_TYPE', ['auto', 'always', 'never'], 'auto'),
    publicStoreUrl: read.url('DARKSLIDE_PUBLIC_STORE_URL', ['http:', 'https:']),
  };
  const { storage, host, publicStoreUrl } = configuration;
  if (storage.kind === 'embedded' && WILDCARD_HOSTS.has(host) && !publicStoreUrl) {
    read.problem(
      `DARKSLIDE_HOST=${host} listens on every address, so links need the one that clients reach: ` +
        'set DARKSLIDE_PUBLIC_STORE_URL, for example http://photos.example.com:9000',
    );
  }
  if (storage.kind === 'embedded' && publicStoreUrl && new URL(publicStoreUrl).pathname !== '/') {
    read.problem(
      'DARKSLIDE_PUBLIC_STORE_URL has a path, but the embedded store is signed for at the root of its host: ' +
        'give it a host or port of its own, for example http://photos.example.com:9000',
    );
  }
  read.finish();
  return configuration;
}

function readTrustedProxies(read: Reader): string[] {
  const ranges = (read.text('DARKSLIDE_TRUSTED_PROXIES') ?? '').split(',').map((range) => range.trim());
  const given = ranges.filter((range) => range !== '');
  const wrong = given.find((range) => !isAddressRange(range));
  if (wrong !== undefined)
    read.problem(`DARKSLIDE_TRUSTED_PROXIES: ${wrong} is not an address or a range such as 10.0.0.0/8`);
  return given;
}

function readMetrics(read: Reader): Configuration['metrics'] {
  const token = read.text('DARKSLIDE_METRICS_TOKEN');
  if (token !== undefined && !/^[\x21-\x7e]{16,}$/.test(token))
    read.problem('DARKSLIDE_METRICS_TOKEN is no token of at least 16 letters, digits or signs without spaces');
  if (read.text('DARKSLIDE_METRICS_PORT') === undefined) return token === undefined ? undefined : { token };
  return { port: read.integer('DARKSLIDE_METRICS_PORT', { min: 0, max: 65_535, fallback: 0 }), token };
}

/** By OpenTelemetry's own variables. */
function readTraces(read: Reader): Configuration['traces'] {
  const base = read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:'])?.replace(/\/*$/, '/v1/traces');
  const url = read.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['http:', 'https:']) ?? base;
  if (url === undefined || read.boolean('OTEL_SDK_DISABLED', false)) return undefined;
  return { url, serviceName: read.text('OTEL_SERVICE_NAME') ?? 'darkslide' };
}

function readRegion(read: Reader): string {
  const [own, amazon] = ['DARKSLIDE_S3_REGION', 'AWS_REGION'].map((name) => read.word(name, REGION, "a region's name"));
  return own ?? amazon ?? 'us-east-1';
}

function readStorage(read: Reader): StorageChoice {
  const endpoint = read.url('DARKSLIDE_S3_ENDPOINT', ['http:', 'https:']);
  const bucket = read.word('DARKSLIDE_S3_BUCKET', BUCKET, "a bucket's name");
  if (endpoint || bucket) {
    if (!bucket)
      read.problem('DARKSLIDE_S3_ENDPOINT is set without DARKSLIDE_S3_BUCKET: name the bucket for the photos');
    const forcePathStyle = read.boolean('DARKSLIDE_S3_FORCE_PATH_STYLE', endpoint !== undefined);
    return { kind: 's3', endpoint, bucket: bucket ?? '', forcePathStyle };
  }
  const accessKey = read.secret('DARKSLIDE_STORE_ACCESS_KEY');
  const secretKey = read.secret('DARKSLIDE_STORE_SECRET_KEY', { min: MIN_SECRET_LENGTH });
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    read.problem('DARKSLIDE_STORE_ACCESS_KEY and DARKSLIDE_STORE_SECRET_KEY go together: set both, or neither');
  }
  const port = read.integer('DARKSLIDE_STORE_PORT', { min: 0, max: 65_535, fallback: 9000 });
  const credentials = accessKey && secretKey ? { accessKeyId: accessKey, secretAccessKey: secretKey } : undefined;
  const scrubDays = read.decimal('DARKSLIDE_STORE_SCRUB_DAYS', { min: 0, max: 3650, fallback: 30 });
  return { kind: 'embedded', port, credentials, scrubDays };
}

/** Reads variables and gathers what is wrong with them. An empty variable counts as not set. */
class Reader {
  readonly #env: Environment;
  readonly #problems: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  problem(sentence: string): void {
    this.#problems.push(`${sentence}.`);
  }

  finish(): void {
    if (this.#problems.length > 0) throw new ConfigurationError(this.#problems);
  }

  text(name: string): string | undefined {
    return this.#env[name] || undefined;
  }

  word(name: string, pattern: RegExp, meaning: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !pattern.test(text)) this.problem(`${name}=${text} is not ${meaning}`);
    return text;
  }

  /** What a header can carry; never repeated in a problem. */
  secret(name: string, { min = 1 }: { min?: number } = {}): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^[!-~]+$/.test(text))
      this.problem(`${name} may hold only letters, digits and signs of ASCII, without spaces`);
    else if (text.length < min)
      this.problem(
        `${name} has fewer than ${min} characters, so it can be guessed: make one with \`openssl rand -hex 32\``,
      );
    return text;
  }

  integer(name: string, { min, max, fallback }: { min: number; max: number; fallback: number }): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.problem(`${name}=${text} is not an integer from ${min} to ${max}`);
    return fallback;
  }

  decimal(name: string, { min, max, fallback }: { min: number; max: number; fallback: number }): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.problem(`${name}=${text} is not a number from ${min} to ${max}`);
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (['true', '1', 'yes'].includes(text.toLowerCase())) return true;
    if (['false', '0', 'no'].includes(text.toLowerCase())) return false;
    this.problem(`${name}=${text} is neither true nor false`);
    return fallback;
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const found = choices.find((choice) => choice === text);
    if (!found) this.problem(`${name}=${text} is none of ${choices.join(', ')}`);
    return found ?? fallback;
  }

  /** The text itself is never repeated in a problem: a URL may carry a password. */
  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
    if (protocol && protocols.includes(protocol)) return text;
    this.problem(`${name} is not a URL that begins with ${protocols.map((each) => `${each}//`).join(' or ')}`);
    return undefined;
  }
}
