import { isLoopback, type Limiter, type TrustedProxies } from '@darkslide/connections';
import type { Blobs } from '../blobs/blobs.ts';
import type { Receiver } from '../blobs/receiver.ts';
import type { Outcome } from '../catalog/command.ts';
import type { Damage } from '../catalog/damage-marks.ts';
import type { IndexReader } from '../catalog/reader.ts';
import type { IndexWriter, Unnumbered } from '../catalog/writer.ts';
import type { ReadHashing } from '../hashing/read-hashing.ts';
import type { CorsRule, LogEntry, StoreLimits } from '../options.ts';

/** What operations work with. */
export type Store = {
  region: string;
  limits: StoreLimits;
  /** For buckets without rules of their own. */
  cors: CorsRule[];
  trustedProxies: TrustedProxies;
  now: () => number;
  reader: IndexReader;
  writer: IndexWriter;
  blobs: Blobs;
  receiver: Receiver;
  /** Hashes what is read. */
  hashing: ReadHashing;
  damage: Damage;
  /** Limits requests that send bytes. */
  uploads: Limiter;
  /** Limits requests that send XML, which is kept in memory. */
  documents: Limiter;
  log: (entry: LogEntry) => void;
};

/** Commits a change of the index, then removes the blobs that it freed. */
export async function commit(store: Store, command: Unnumbered): Promise<Outcome> {
  const outcome = await store.writer.run(command);
  await store.blobs.remove(outcome.freed);
  return outcome;
}

/** Whether many clients may have this address: this machine's, or a proxy's. */
export const isSharedAddress = (address: string, { trustedProxies }: Pick<Store, 'trustedProxies'>) =>
  isLoopback(address) || trustedProxies.has(address);
