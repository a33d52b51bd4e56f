import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import type { Arrivals } from './arrivals/arrivals.ts';
import { NoteArrivals } from './arrivals/note-arrivals.ts';
import type { Deletion } from './deletion/deletion.ts';
import { LeftNames } from './deletion/remove-unused-names.ts';
import { removeOldEvents } from './events/remove-old-events.ts';
import { Sweep } from './jobs/abort-idle-uploads.ts';
import { ClusterJob, DEFAULT_TIMES } from './jobs/cluster-job.ts';
import { LeftEndings } from './jobs/finish-interrupted-uploads.ts';
import { TrustedClock } from './jobs/trusted-clock.ts';
import type { UploadEnding } from './multipart/upload-completion.ts';
import { inContext } from './observability/request-context.ts';
import type { Database } from './open-database.ts';
import { HeadReading } from './photos/read-heads.ts';
import type { ObjectStore } from './storage/object-store.ts';

const MINUTE_MS = 60_000;
/** Between two passes over what waits to arrive, and over photos that wait to be read. */
const ARRIVALS_EVERY_MS = 30_000;
const HEADS_EVERY_MS = 5000;
const OLD_EVENTS_EVERY_MS = 60 * MINUTE_MS;
/** After the clock was set, nothing is swept for a seventh of the idle time, at most a day. */
const MAX_SETTLE_MS = 24 * 60 * MINUTE_MS;

type Options = {
  database: Database;
  store: ObjectStore;
  ending: UploadEnding;
  deletion: Deletion;
  arrivals: Arrivals;
  /** Whether the heads of photos are read. */
  readsPhotos: boolean;
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

/** What the cluster does without being asked. */
export function createBackground(options: Options): Background {
  const { database, store, ending, deletion, arrivals, readsPhotos, idle, sweepEveryMs, log } = options;
  const { events, leases, projects, files, photos, uploads } = database;
  const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const settleMs = Math.min(MAX_SETTLE_MS, idle / 7);
  const clock = new TrustedClock({ wall: Date.now, steady: () => performance.now(), settleMs });
  const sweep = new Sweep({ projects, uploads, ending, store, clock, idle });
  const endings = new LeftEndings({ uploads, ending });
  const names = new LeftNames({ projects, files, deletion, store, now: Date.now });
  const noting = new NoteArrivals({ projects, arrivals });
  const reading = new HeadReading({ photos, files, store });
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
    new ClusterJob({
      ...shared,
      name: 'note-arrivals',
      hasWork: () => noting.hasWork(),
      run: () => underOwnId('arrivals', () => noting.run()),
      times: { ...DEFAULT_TIMES, everyMs: ARRIVALS_EVERY_MS },
    }),
    new ClusterJob({
      ...shared,
      name: 'remove-old-events',
      run: (pass) => underOwnId('events', () => removeOldEvents(events, pass)),
      times: { ...DEFAULT_TIMES, everyMs: OLD_EVENTS_EVERY_MS },
    }),
    ...(readsPhotos
      ? [
          new ClusterJob({
            ...shared,
            name: 'read-photos',
            hasWork: () => reading.hasWork(),
            run: (pass) => underOwnId('photos', () => reading.run(pass)),
            times: { ...DEFAULT_TIMES, everyMs: HEADS_EVERY_MS },
          }),
        ]
      : []),
  ];
  return {
    start: () => {
      for (const job of jobs) job.start();
    },
    stop: async () => void (await Promise.all(jobs.map((job) => job.stop()))),
  };
}
