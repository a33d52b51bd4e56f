import type { Metrics } from './observability/metrics.ts';
import type { Database } from './open-database.ts';
import type { ConnectedStore } from './storage/s3/connect.ts';

/** Open uploads are counted no further, and no more often (milliseconds): a scrape costs the database little. */
const MAX_COUNTED_UPLOADS = 100_000;
const COUNT_INTERVAL_MS = 30_000;

type Watched = { database: Pick<Database, 'waiting' | 'uploads'>; storage: Pick<ConnectedStore, 'waiting'> };

export function watchGauges(metrics: Metrics, { database, storage }: Watched): void {
  metrics.watch('storage_calls_waiting', () => storage.waiting());
  metrics.watch('database_connections_waiting', () => database.waiting());
  const count = () => database.uploads.countUnfinished(MAX_COUNTED_UPLOADS);
  metrics.watch('open_uploads', kept(count, COUNT_INTERVAL_MS));
}

/** Asks no more often than every `interval` milliseconds, however often it is asked itself. */
function kept<Value>(ask: () => Promise<Value>, interval: number): () => Promise<Value> {
  let last: { at: number; value: Promise<Value> } | undefined;
  return () => {
    if (last === undefined || Date.now() - last.at >= interval) last = { at: Date.now(), value: ask() };
    return last.value;
  };
}
