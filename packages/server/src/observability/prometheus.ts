import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauge as GaugeName, LinkKind, MetricsExporter } from './metrics.ts';

/** Upper bounds of the buckets, in seconds. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const STORAGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60];
const DATABASE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** How long a gauge may take to be read, in milliseconds. */
const READ_DEADLINE_MS = 2000;
/** Storages make up error codes as they like; those seen after this many count together as `other`. */
const MAX_ERROR_CODES = 40;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
const STATEMENTS = new Set(['select', 'insert', 'update', 'delete', 'begin', 'commit', 'rollback', 'with']);

const GAUGES: Record<GaugeName, string> = {
  open_uploads: 'Multipart uploads not yet completed or aborted, in the whole database; asked at most twice a minute.',
  storage_calls_waiting: 'Calls to storage that wait for a free connection.',
  database_connections_waiting: 'Queries that wait for a free connection to PostgreSQL.',
  store_bodies: 'Bodies that the embedded store is receiving or holds in line.',
  store_damaged_objects: 'Objects of the embedded store whose stored bytes were found damaged.',
  store_lost_found_files: 'Files that the embedded store did not know and has set aside in lost+found.',
  store_scrub_interval_seconds: 'In how many seconds the embedded store reads and checks all that it holds; 0: never.',
  store_scrub_last_pass_timestamp_seconds:
    'When it last had checked all that it holds; until then, when it began for the first time.',
  store_scrubbed_bytes: 'Bytes that the scrub of the embedded store has found right since the start.',
  store_scrubbed_blobs: 'Files of bytes that the scrub of the embedded store has checked since the start.',
};

/** Metrics kept by prom-client, under names that begin with `darkslide_`; beside them those of Node and the process. */
export function createPrometheus({ version }: { version: string }): MetricsExporter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'darkslide_build_info', help: 'Always 1.', labelNames: ['version'], registers: [registry] }).set(
    { version },
    1,
  );

  const of = createInstruments(registry);
  const links = linkCounter(registry);
  const codeOf = limitedSet(MAX_ERROR_CODES);

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    linksIssued: (kind) => {
      links[kind]++;
    },
    filesArrived: ({ files, bytes }) => {
      of.arrivedFiles.inc(files);
      of.arrivedBytes.inc(bytes);
    },
    filesDamaged: (files) => of.damagedFiles.inc(files),
    requestBegan: () => of.inFlight.inc(),
    requestEnded: () => of.inFlight.dec(),
    requestCompleted: ({ method, route = 'none', status, seconds }) =>
      of.requests.observe(
        { method: METHODS.has(method) ? method : 'OTHER', route, status: statusClass(status) },
        seconds,
      ),
    requestRefused: ({ call = 'none', code }) => of.refusals.inc({ call, code }),
    storageCalled: ({ operation, seconds, error }) => {
      of.storageCalls.observe({ operation }, seconds);
      if (error !== undefined) of.storageErrors.inc({ operation, code: codeOf(error) });
    },
    databaseQueried: ({ kind, seconds, failed }) => {
      const known = STATEMENTS.has(kind) ? kind : 'other';
      of.queries.observe({ kind: known }, seconds);
      if (failed) of.queryErrors.inc({ kind: known });
    },
    storeRequestCompleted: ({ operation = 'none', status, receivedBytes }) => {
      of.storeRequests.inc({ operation, status: statusClass(status) });
      of.storeBytes.inc(receivedBytes);
    },
    watch: (name, read) => watchGauge(registry, name, read),
  };
}

/** Everything that is counted and timed, but links and gauges. */
function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `darkslide_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[], buckets: number[]) =>
    new Histogram({ name: `darkslide_${name}`, help, labelNames, buckets, registers });

  return {
    arrivedFiles: counter('files_arrived_total', 'Files that storage was found to hold for the first time.'),
    damagedFiles: counter('files_damaged_total', 'Files that had arrived, and that storage found to be damaged.'),
    arrivedBytes: counter('arrived_bytes_total', 'Their bytes.'),
    requests: histogram(
      'http_request_duration_seconds',
      'Time to respond to a request of the API.',
      ['method', 'route', 'status'],
      REQUEST_BUCKETS,
    ),
    refusals: counter('refusals_total', 'Requests that were refused, by call and error code.', ['call', 'code']),
    inFlight: new Gauge({
      name: 'darkslide_http_requests_in_flight',
      help: 'Requests of the API that are being handled.',
      registers,
    }),
    storageCalls: histogram(
      'storage_call_duration_seconds',
      'Time of a call to storage, its retries included.',
      ['operation'],
      STORAGE_BUCKETS,
    ),
    storageErrors: counter('storage_errors_total', 'Calls to storage that failed, by S3 error code.', [
      'operation',
      'code',
    ]),
    queries: histogram('database_query_duration_seconds', 'Time of a statement.', ['kind'], DATABASE_BUCKETS),
    queryErrors: counter('database_errors_total', 'Statements that failed.', ['kind']),
    storeRequests: counter('store_requests_total', 'Requests that the embedded store completed.', [
      'operation',
      'status',
    ]),
    storeBytes: counter('store_received_bytes_total', 'Bytes of bodies that the embedded store received.'),
  };
}

const statusClass = (status: number) => `${Math.floor(status / 100)}xx`;

/** Links come by the thousand in one request, so that they are counted bare and handed over at a scrape. */
function linkCounter(registry: Registry): Record<LinkKind, number> {
  const counts: Record<LinkKind, number> = { put: 0, part: 0, download: 0 };
  new Counter({
    name: 'darkslide_links_issued_total',
    help: 'Presigned links handed out: for a whole file, for a part, for a download.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(counts)) this.inc({ kind }, count);
    },
  });
  return counts;
}

/** A gauge that can't be read now is left out: an old value would pass for a new one. */
function watchGauge(registry: Registry, name: GaugeName, read: () => number | Promise<number>): void {
  new Gauge({
    name: `darkslide_${name}`,
    help: GAUGES[name],
    registers: [registry],
    async collect() {
      try {
        this.set(await inTime(read));
      } catch {
        this.remove();
      }
    },
  });
}

/** What hangs must not hold up the others: a scrape that fails looks like a server that is down. */
async function inTime(read: () => number | Promise<number>): Promise<number> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no value in time')), READ_DEADLINE_MS);
  try {
    return await Promise.race([read(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns each of the first `limit` different texts as it is, and `other` for those that come after. */
function limitedSet(limit: number): (text: string) => string {
  const known = new Set<string>();
  return (text) => {
    if (known.size < limit) known.add(text);
    return known.has(text) ? text : 'other';
  };
}
