/** What a link is for. */
export type LinkKind = 'put' | 'part' | 'download';

/** A request that was completed. */
type CompletedRequest = {
  method: string;
  /** The route's pattern, never its path; undefined where no route fits. */
  route: string | undefined;
  status: number;
  seconds: number;
};

type StorageCall = {
  /** As S3 names it: `ListParts`. */
  operation: string;
  seconds: number;
  /** S3's error code, or what prevented a response; undefined where it succeeded. */
  error?: string | undefined;
};

type DatabaseQuery = {
  /** The statement's first word. */
  kind: string;
  seconds: number;
  failed: boolean;
};

/** A request that the embedded store completed. */
type StoreRequest = { operation: string | undefined; status: number; receivedBytes: number };

/** What is asked for at each scrape instead of being told. */
export type Gauge =
  | 'open_uploads'
  | 'storage_calls_waiting'
  | 'database_connections_waiting'
  | 'store_bodies'
  | 'store_damaged_objects'
  | 'store_lost_found_files'
  | 'store_scrub_interval_seconds'
  | 'store_scrub_last_pass_timestamp_seconds'
  | 'store_scrubbed_bytes'
  | 'store_scrubbed_blobs';

/**
 * What the server measures of its work while it runs. Every call is cheap and never throws. Labels come from closed sets,
 * so that the number of series is bounded whatever clients and storages send.
 */
export interface Metrics {
  linksIssued(kind: LinkKind): void;
  /** Storage was found to hold files that had not arrived before. Told once a file, by one node. */
  filesArrived(arrived: { files: number; bytes: number }): void;
  /** Counts uploaded files that storage says are damaged, when that is first seen. */
  filesDamaged(files: number): void;
  requestBegan(): void;
  /** Its connection ended, with or without a response. */
  requestEnded(): void;
  requestCompleted(request: CompletedRequest): void;
  /** `call` is the contract's name for what was asked; undefined where no route fits. */
  requestRefused(refusal: { call: string | undefined; code: string }): void;
  storageCalled(call: StorageCall): void;
  databaseQueried(query: DatabaseQuery): void;
  storeRequestCompleted(request: StoreRequest): void;
  /** From now on, `read` is asked for the gauge's value. Where it fails, the gauge is left out. */
  watch(gauge: Gauge, read: () => number | Promise<number>): void;
}

/** Metrics, and their text for Prometheus. */
export type MetricsExporter = Metrics & { contentType: string; render(): Promise<string> };

const ignore = () => {};

/** For servers without metrics. */
export const NO_METRICS: Metrics = {
  linksIssued: ignore,
  filesArrived: ignore,
  filesDamaged: ignore,
  requestBegan: ignore,
  requestEnded: ignore,
  requestCompleted: ignore,
  requestRefused: ignore,
  storageCalled: ignore,
  databaseQueried: ignore,
  storeRequestCompleted: ignore,
  watch: ignore,
};
