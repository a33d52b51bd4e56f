import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import type { Deletion } from './deletion/deletion.ts';
import { LeftNames } from './deletion/remove-unused-names.ts';
import { Sweep } from './jobs/abort-idle-uploads.ts';
import { ClusterJob, DEFAULT_TIMES } from './jobs/cluster-job.ts';
import { LeftEndings } from './jobs/finish-interrupted-uploads.ts';
import { TrustedClock } from './jobs/trusted-clock.ts';
import type { UploadEnding } from './multipart/upload-completion.ts';
import { inContext } from './observability/request-context.ts';
import type { Database } from './open-database.ts';
import type { ObjectStore } from './storage/object-store.ts';

const MINUTE_MS = 60_000;
/** After the clock was set, nothing is swept for a seventh of the idle time, at most a day. */
const MAX_SETTLE_MS = 24 * 60 * MINUTE_MS;

type Options = {
  database: Database;
  store: ObjectStore;
  ending: UploadEnding;
  deletion: Deletion;
  /** Multipart uploads that are idle for this long are aborted, in milliseconds. */
  idle: number;
  /** How often to look for them, in milliseconds. */
  sweepEveryMs: number;
  log: FastifyBaseLogger;
};

export type Background = {
  start(): void;
  /** Stops the jobs in progress, so that another node can continue them. */
  stop(): Promise<void>;
};

/**
 * What the cluster does without being asked. What has arrived is not among it: storage is asked when a client wants to
 * know, so that there is nothing to reconcile in the meantime.
 */
export function createBackground({ database, store, ending, deletion, idle, sweepEveryMs, log }: Options): Background {
  const { leases, projects, files, uploads } = database;
  const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const settleMs = Math.min(MAX_SETTLE_MS, idle / 7);
  const clock = new TrustedClock({ wall: Date.now, steady: () => performance.now(), settleMs });
  const sweep = new Sweep({ projects, uploads, ending, store, clock, idle });
  const endings = new LeftEndings({ uploads, ending });
  const names = new LeftNames({ projects, files, deletion, store, now: Date.now });
  const shared = { holder, leases, log };
  /** A pass has an id in the log and at storage, as a request has. */
  const underOwnId = <Result>(job: string, work: () => Result) => {
    const id = `${job}-${randomUUID()}`;
    return inContext({ id, log: log.child({ request_id: id }) }, work);
  };
  const jobs = [
    new ClusterJob({
      ...shared,
      name: 'sweep-idle-uploads',
      run: (options) => underOwnId('sweep', () => sweep.run(options)),
      times: { ...DEFAULT_TIMES, everyMs: sweepEveryMs },
    }),
    new ClusterJob({
      ...shared,
      name: 'drop-left-names',
      run: (options) => underOwnId('names', () => names.run(options)),
      times: { ...DEFAULT_TIMES, everyMs: sweepEveryMs },
    }),
    new ClusterJob({
      ...shared,
      name: 'finish-endings',
      run: (options) => underOwnId('endings', () => endings.run(options)),
      times: { ...DEFAULT_TIMES, everyMs: MINUTE_MS },
    }),
  ];
  return {
    start: () => {
      for (const job of jobs) job.start();
    },
    stop: async () => void (await Promise.all(jobs.map((job) => job.stop()))),
  };
}
