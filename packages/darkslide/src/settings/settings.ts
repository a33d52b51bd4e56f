import { isAddressRange } from '@darkslide/connections';
import { MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
import { boolean, choice, decimal, integer, list, secret, url, word } from './setting.ts';

const DAY_SECONDS = 24 * 60 * 60;
const MAX_PORT = 65_535;
/** A secret that is shorter can be found by trying: one signed link is enough to test a guess, without the server. */
const MIN_SECRET_LENGTH = 32;
const MIN_TOKEN_LENGTH = 16;
const HTTP = ['http:', 'https:'];
const REGION = { pattern: /^[\w-]+$/, type: 'the name of a region' };

const MAX_QUOTA = 1_000_000_000;

/** As browsers send it: scheme, host and port, and no slash at the end. */
const isOrigin = (text: string) => text === '*' || (/^https?:/.test(text) && URL.parse(text)?.origin === text);

/**
 * Every variable of the environment that `darkslide serve` reads. `configuration.ts` reads them; `darkslide serve
 * --help` and the table of the README are made from this table.
 */
export const SETTINGS = {
  host: word(
    { name: 'DARKSLIDE_HOST', default: '127.0.0.1', meaning: 'address on which API and store listen' },
    { pattern: /^([\w.-]+|[\da-f:.]*:[\da-f:.%\w]*)$/i, type: 'a host name or address alone, such as 127.0.0.1' },
  ),
  port: integer({ name: 'DARKSLIDE_PORT', min: 0, max: MAX_PORT, default: 8080, meaning: 'port of the API' }),
  dataDir: word(
    {
      name: 'DARKSLIDE_DATA_DIR',
      default: '.darkslide',
      meaning: 'folder of the embedded database and store, and of their secrets',
    },
    { pattern: /^/, type: 'a path' },
  ),
  apiKey: secret(
    {
      name: 'DARKSLIDE_API_KEY',
      defaultText: 'made on the first run',
      meaning: 'API key of the first account. `openssl rand -hex 32` makes one',
    },
    { minLength: MIN_SECRET_LENGTH },
  ),
  printApiKey: boolean({
    name: 'DARKSLIDE_PRINT_API_KEY',
    default: false,
    meaning:
      'print the key that the first run made, also if the output is not a terminal. Otherwise only its file is named',
  }),
  linkTtlSeconds: integer({
    name: 'DARKSLIDE_LINK_TTL',
    min: 1,
    max: MAX_LINK_TTL_SECONDS,
    default: DAY_SECONDS,
    meaning: 'lifetime of a link, in seconds',
  }),
  rateLimitPerMinute: integer({
    name: 'DARKSLIDE_RATE_LIMIT',
    min: 1,
    max: 1_000_000,
    default: 6000,
    meaning: 'requests per minute and API key. Each node counts for itself',
  }),
  maxPendingFiles: integer({
    name: 'DARKSLIDE_MAX_PENDING_FILES',
    min: 1,
    max: MAX_QUOTA,
    default: 1_000_000,
    meaning: 'files that one account may have requested and not yet uploaded',
  }),
  maxUploadTokens: integer({
    name: 'DARKSLIDE_MAX_UPLOAD_TOKENS',
    min: 1,
    max: MAX_QUOTA,
    default: 10_000,
    meaning: 'valid upload tokens that one account may have at once',
  }),
  maxOpenUploads: integer({
    name: 'DARKSLIDE_MAX_OPEN_UPLOADS',
    min: 1,
    max: MAX_QUOTA,
    default: 10_000,
    meaning: 'open multipart uploads that one account may have at once',
  }),
  multipartIdleDays: decimal({
    name: 'DARKSLIDE_MULTIPART_IDLE_DAYS',
    min: 0.0001,
    max: 365,
    default: 7,
    meaning: 'days after which an idle multipart upload is aborted',
  }),
  sweepIntervalSeconds: integer({
    name: 'DARKSLIDE_SWEEP_INTERVAL',
    min: 1,
    max: DAY_SECONDS,
    default: 3600,
    meaning: 'seconds between two searches for idle multipart uploads, in the whole cluster',
  }),
  trustedProxies: list(
    {
      name: 'DARKSLIDE_TRUSTED_PROXIES',
      meaning:
        'your reverse proxies, such as `127.0.0.1, 10.0.0.0/8`. Only their `X-Forwarded-For` is believed; for other ' +
        'connections, the address of the connection itself counts, in the log and for limits',
    },
    { isValid: isAddressRange, type: 'addresses and ranges', item: 'an address or a range such as 10.0.0.0/8' },
  ),
  allowedOrigins: list(
    {
      name: 'DARKSLIDE_ALLOWED_ORIGINS',
      meaning:
        'origins whose pages may call the API from a browser, such as `https://photos.example.com`; `*` for all. Such ' +
        'a page needs an upload token; give it no API key. Uploads also need CORS on the storage',
    },
    { isValid: isOrigin, type: 'origins', item: 'an origin such as https://photos.example.com, or *' },
  ),
  studioName: word(
    {
      name: 'DARKSLIDE_STUDIO_NAME',
      meaning: 'who receives the photos, such as `Studio North`: the upload page says it',
    },
    { pattern: /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u, type: 'one line of at most 255 characters' },
  ),
  readsPhotos: boolean({
    name: 'DARKSLIDE_READ_PHOTOS',
    default: true,
    meaning:
      'read the first bytes of uploaded photos from the storage, so that the API can list shots, bracket sets and thumbnails',
  }),
  logLevel: choice(['debug', 'info', 'warn', 'error', 'silent'], {
    name: 'DARKSLIDE_LOG_LEVEL',
    defaultText: '`info`, on a terminal `warn`',
    meaning: 'the lowest level that is logged, as JSON lines on standard output',
  }),
  metricsPort: integer({
    name: 'DARKSLIDE_METRICS_PORT',
    min: 0,
    max: MAX_PORT,
    meaning: 'port of the metrics for Prometheus, at `/metrics`',
  }),
  metricsToken: secret(
    {
      name: 'DARKSLIDE_METRICS_TOKEN',
      meaning:
        'token that a request for metrics must send as `Authorization: Bearer TOKEN`. Without a port of their own, ' +
        "metrics are on the API's port",
    },
    { minLength: MIN_TOKEN_LENGTH },
  ),
  tracesBaseUrl: url(
    {
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      meaning: 'collector for traces, as OTLP over HTTP. The path `/v1/traces` is added',
    },
    HTTP,
  ),
  tracesUrl: url({ name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', meaning: 'the same, with its whole path' }, HTTP),
  tracesHeaders: secret({
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    meaning: 'headers for the collector, `name=value` with commas between them',
  }),
  serviceName: word(
    { name: 'OTEL_SERVICE_NAME', default: 'darkslide', meaning: 'name of this service in traces' },
    { pattern: /^/, type: 'text' },
  ),
  isTracingDisabled: boolean({ name: 'OTEL_SDK_DISABLED', default: false, meaning: 'send no traces' }),
  storePort: integer({
    name: 'DARKSLIDE_STORE_PORT',
    min: 0,
    max: MAX_PORT,
    default: 9000,
    meaning: 'port of the embedded store',
  }),
  scrubDays: decimal({
    name: 'DARKSLIDE_STORE_SCRUB_DAYS',
    min: 0,
    max: 3650,
    default: 30,
    meaning: 'days in which the embedded store reads and checks all its bytes once. `0`: never',
  }),
  lostFoundDays: decimal({
    name: 'DARKSLIDE_LOST_FOUND_DAYS',
    min: 1,
    max: 3650,
    default: 30,
    meaning: 'days for which the embedded store keeps files that its index does not contain',
  }),
  storeAccessKey: secret({
    name: 'DARKSLIDE_STORE_ACCESS_KEY',
    defaultText: 'made on the first run',
    meaning: 'access key of the embedded store (bucket `darkslide`, region `us-east-1`)',
  }),
  storeSecretKey: secret(
    {
      name: 'DARKSLIDE_STORE_SECRET_KEY',
      defaultText: 'made on the first run',
      meaning: 'secret key of the embedded store',
    },
    { minLength: MIN_SECRET_LENGTH },
  ),
  publicStoreUrl: url(
    {
      name: 'DARKSLIDE_PUBLIC_STORE_URL',
      defaultText: "the storage's own",
      meaning: 'address of the storage as clients reach it, for links',
    },
    HTTP,
  ),
  s3Endpoint: url({ name: 'DARKSLIDE_S3_ENDPOINT', meaning: 'an external S3 instead of the embedded store' }, HTTP),
  // As wide as the widest storage allows.
  s3Bucket: word(
    {
      name: 'DARKSLIDE_S3_BUCKET',
      meaning:
        'its bucket. A bucket without an endpoint is on Amazon S3. Credentials come from the variables, files or roles ' +
        'of AWS',
    },
    { pattern: /^[\w.-]{3,255}$/, type: 'the name of a bucket' },
  ),
  s3Region: word(
    { name: 'DARKSLIDE_S3_REGION', defaultText: '`AWS_REGION`, else `us-east-1`', meaning: 'region of the storage' },
    REGION,
  ),
  awsRegion: word({ name: 'AWS_REGION', meaning: 'the region, if `DARKSLIDE_S3_REGION` is not set' }, REGION),
  s3ForcePathStyle: boolean({
    name: 'DARKSLIDE_S3_FORCE_PATH_STYLE',
    defaultText: '`true` with an endpoint',
    meaning: 'put the bucket in the path of URLs, not in the host name',
  }),
  signContentType: choice(['auto', 'always', 'never'], {
    name: 'DARKSLIDE_S3_SIGN_CONTENT_TYPE',
    default: 'auto',
    meaning: 'whether links sign the empty content type. `auto` tests the storage at the start',
  }),
  databaseUrl: url({ name: 'DATABASE_URL', meaning: 'PostgreSQL instead of the embedded SQLite' }, [
    'postgres:',
    'postgresql:',
  ]),
} as const;
