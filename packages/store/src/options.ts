import type { DamageReason, ObjectName } from './model.ts';

/** One rule of a bucket's CORS configuration. `*` stands for any text, once in each entry. */
export type CorsRule = {
  id?: string | undefined;
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders: string[];
  exposeHeaders: string[];
  maxAgeSeconds?: number | undefined;
};

export type StoreLimits = {
  /** Sockets open at once. For a new one, the one that has been without a request for longest is closed. */
  maxConnections: number;
  /** Those of one client's address; this machine's own and those of trusted proxies have no such limit. */
  maxConnectionsPerClient: number;
  /** Bodies received at once; each uses up to two buffers of 256 KiB. Further ones wait unread. */
  maxUploads: number;
  /** Of these, bodies by one link, and from one client's address, unless it is this machine's or a proxy's own. */
  maxUploadsPerLink: number;
  maxUploadsPerClient: number;
  /** Where others wait for `patienceMs`, the slowest body is ended if it brings less than this; bytes a second. */
  slowUpload: { bytesPerSecond: number; patienceMs: number };
  /** Bodies that may wait for their turn; further ones get SlowDown. */
  maxWaitingUploads: number;
  /** XML requests read at once, each of up to `maxXmlBytes`. They have a line of their own, as long as the other. */
  maxDocuments: number;
  /** Milliseconds that a body may wait for its turn; then it gets SlowDown. */
  maxWaitMs: number;
  /** Bytes of one PUT. */
  maxObjectBytes: number;
  /** Bytes of an XML request. */
  maxXmlBytes: number;
  /** Milliseconds a client may take for a request's headers. */
  headersTimeoutMs: number;
  /** Milliseconds without any byte after which a body, or the reading of a response, is ended. */
  idleTimeoutMs: number;
  /** A body must bring `bytes` in every `windowMs`, or it is given up. */
  minProgress: { bytes: number; windowMs: number };
  /** A body may take `baseMs`, and one more second for every `bytesPerSecond` of its bytes. */
  deadline: { baseMs: number; bytesPerSecond: number };
  /** Bytes of the disk left free, so that the index can still be written when no upload can. */
  reservedBytes: number;
  /** Bytes a second that the scrub reads while there are no requests. */
  scrubBytesPerSecond: number;
  /** Milliseconds between two looks at damaged bytes, which may have come back. */
  recheckMs: number;
  /** Bytes from which on a start makes the file of changes smaller. */
  compactChangesBytes: number;
};

const MiB = 1024 ** 2;

/** Days in which all that is stored is read and checked, where nothing else is said. */
export const DEFAULT_SCRUB_DAYS = 30;

export const DEFAULT_LIMITS: StoreLimits = {
  maxConnections: 1024,
  maxConnectionsPerClient: 256,
  maxUploads: 128,
  maxUploadsPerLink: 4,
  maxUploadsPerClient: 64,
  slowUpload: { bytesPerSecond: 64 * 1024, patienceMs: 1000 },
  maxWaitingUploads: 1024,
  maxDocuments: 16,
  maxWaitMs: 30_000,
  maxObjectBytes: 5 * 1024 * MiB,
  maxXmlBytes: 4 * MiB,
  headersTimeoutMs: 20_000,
  idleTimeoutMs: 60_000,
  minProgress: { bytes: 16 * 1024, windowMs: 120_000 },
  deadline: { baseMs: 600_000, bytesPerSecond: 8 * 1024 },
  reservedBytes: 64 * MiB,
  scrubBytesPerSecond: 32 * MiB,
  recheckMs: 60_000,
  // Some 150,000 deletes.
  compactChangesBytes: 16 * MiB,
};

/** What pages on other origins may do where a bucket has no rules of its own: read, write, and see the ETag. */
export const DEFAULT_CORS: CorsRule[] = [
  {
    allowedOrigins: ['*'],
    allowedMethods: ['PUT', 'GET', 'HEAD'],
    allowedHeaders: ['*'],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 3600,
  },
];

/** Never holds a query, a header or a key's secret. */
export type LogEntry =
  | {
      type: 'request';
      requestId: string;
      /** The id of the request for which the caller made this one: `request-id/ID` in its user agent. */
      onBehalfOf: string | undefined;
      /** The client's address. */
      client: string;
      method: string;
      path: string;
      operation: string | undefined;
      status: number;
      code: string | undefined;
      bytesIn: number;
      bytesOut: number;
      durationMs: number;
    }
  /**
   * What the sweep at start did. Files in `setAside` were unknown and went to lost+found. `lost` objects and parts have
   * an entry in the index, but their bytes are gone from the disk.
   */
  | { type: 'sweep'; removed: number; setAside: number; lost: ObjectName[] }
  /** Blobs of an earlier version are being made to describe themselves; `done` objects and parts have been converted. */
  | { type: 'upgrade'; done: number }
  /** A blob was found not to hold what was stored; `objects` can't be read whole any more. Told once. */
  | { type: 'damage'; blob: string; reason: DamageReason; objects: ObjectName[] }
  /** A blob that was damaged was read, and is right. */
  | { type: 'whole-again'; blob: string; objects: ObjectName[] }
  /**
   * The scrub found a blob whose bytes are right, and that did not say any more what it is: a rebuild would not have
   * known it. It is written again from the index where `isFixed`.
   */
  | { type: 'trailer'; blob: string; objects: ObjectName[]; isFixed: boolean }
  /** The scrub goes through all blobs. `blobs`, `bytes` (those found right) and `damaged` are of the pass since it began or resumed. */
  | { type: 'scrub'; state: 'began' | 'resumed' | 'finished'; blobs: number; bytes: number; damaged: number }
  /** Something failed that is not the client's doing. */
  | { type: 'error'; message: string; stack?: string | undefined; requestId?: string | undefined };

export type ScrubFigures = {
  /** Since the start; bytes that were found right. */
  checkedBytes: number;
  checkedBlobs: number;
  /** When everything had been checked last, in milliseconds since 1970; until then, when that began first. */
  lastPassAt: number | undefined;
  /** 0: never. */
  intervalMs: number;
};

/** What the store is at this moment. */
export type StoreFigures = {
  /** Bodies that are received, or wait for their turn. */
  bodies: number;
  /** Objects whose stored bytes were found damaged. */
  damagedObjects: number;
  scrub: ScrubFigures;
  /** Files in lost+found. */
  lostAndFound: number;
};

export type StoreOptions = {
  /** Made when missing. One store at a time may hold it. */
  dataDir: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** `us-east-1` where not given. */
  region?: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Made when missing. */
  bucket: string;
  /** Rules for buckets without their own; any origin may PUT, GET and HEAD where not given. */
  cors?: CorsRule[];
  /** Everything stored is read and checked once in this many days; 0: never. 30 where not given. */
  scrubDays?: number;
  limits?: Partial<StoreLimits>;
  /** Addresses and ranges of proxies that may say in `X-Forwarded-For` for whom they ask. */
  trustedProxies?: readonly string[];
  /** The folder in which Node keeps compiled modules between starts; without it, none are kept. */
  compileCache?: string | undefined;
  /** Days for which a file stays in lost+found that nothing refers to, but that may have been acknowledged; 30 where not given. */
  lostFoundDays?: number | undefined;
};
