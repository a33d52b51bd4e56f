import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Damage } from './damage.ts';
import { Blobs } from './disk/blobs.ts';
import { makeFolder, syncDirectory } from './disk/directory-sync.ts';
import { FolderLock } from './disk/lock.ts';
import { Receiver } from './disk/receiver.ts';
import { SLAB_SIZE, SLABS_PER_UPLOAD } from './disk/slab-writer.ts';
import { sweep } from './disk/sweep.ts';
import { Hashing } from './hashing/hashing.ts';
import { ReadHashing } from './hashing/read-hashing.ts';
import { Slabs } from './hashing/slabs.ts';
import { Gate } from './http/gate.ts';
import { HttpServer } from './http/server.ts';
import { IndexReader } from './index/reader.ts';
import { IndexWriter } from './index/writer.ts';
import { checkBucketName } from './operations/create-bucket.ts';
import {
  DEFAULT_CORS,
  DEFAULT_LIMITS,
  DEFAULT_SCRUB_DAYS,
  type LogEntry,
  type StoreFigures,
  type StoreOptions,
} from './options.ts';
import { Scrub } from './scrub.ts';
import type { Store } from './store.ts';

/** A store that answers. */
export type OpenStore = {
  port: number;
  figures: () => StoreFigures;
  close: (options: { graceMs: number }) => Promise<void>;
};

/**
 * Opens the data folder and serves it, in the calling thread. `onDeath` hears of it when a helper thread dies: then
 * nothing can be stored any more. Throws where the folder is in use, damaged, or written by a newer version.
 */
export async function openStore(
  options: StoreOptions & { log: (entry: LogEntry) => void; onDeath: (error: Error) => void },
): Promise<OpenStore> {
  const { dataDir, host, port, region = 'us-east-1', credentials, bucket, cors = DEFAULT_CORS, log, onDeath } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { maxWaitMs } = limits;
  checkBucketName(bucket);
  await makeFolder(dataDir);
  const lock = FolderLock.take(dataDir);
  const undo: (() => unknown)[] = [() => lock.release()];
  try {
    const indexPath = join(dataDir, 'index.sqlite');
    const blobs = await Blobs.open(join(dataDir, 'blobs'), { fresh: !existsSync(indexPath) });
    const writer = await IndexWriter.open(indexPath, onDeath);
    undo.push(() => writer.close());
    await syncDirectory(dataDir);
    const reader = new IndexReader(indexPath);
    undo.push(() => reader.close());
    const slabs = new Slabs({ count: limits.maxUploads * SLABS_PER_UPLOAD, size: SLAB_SIZE });
    const hashing = new Hashing({ slabs, onDeath });
    undo.push(() => hashing.close());
    const readHashing = new ReadHashing({ onDeath });
    undo.push(() => readHashing.close());
    const damage = new Damage({ reader, writer, log });

    if (!reader.buckets().some(({ name }) => name === bucket)) {
      await writer.run({ type: 'createBucket', name: bucket, now: Date.now() });
    }
    const store: Store = {
      region,
      limits,
      cors,
      now: Date.now,
      reader,
      writer,
      blobs,
      receiver: new Receiver({ blobs, slabs, hashing, reservedBytes: limits.reservedBytes }),
      hashing: readHashing,
      damage,
      uploads: new Gate({ places: limits.maxUploads, maxWaiting: limits.maxWaitingUploads, maxWaitMs }),
      documents: new Gate({ places: limits.maxDocuments, maxWaiting: limits.maxWaitingUploads, maxWaitMs }),
      log,
    };
    const server = new HttpServer({ store, keys: credentials });
    const boundPort = await server.listen({ host, port });

    const stopSweep = new AbortController();
    const sweeping = sweep({ blobs, reader, writer, signal: stopSweep.signal }).then(
      (result) => log({ type: 'sweep', ...result }),
      (error) => log({ type: 'error', message: `the sweep failed: ${error}` }),
    );
    const { scrubDays = DEFAULT_SCRUB_DAYS } = options;
    const scrub = new Scrub({
      ...{ reader, writer, blobs, damage, log, days: scrubDays, hashing: readHashing },
      ...{ idleBytesPerSecond: limits.scrubBytesPerSecond, recheckMs: limits.recheckMs },
      isBusy: () => server.size > 0,
    });
    return {
      port: boundPort,
      figures: () => ({
        bodies: store.uploads.size,
        damagedObjects: reader.countDamagedObjects(),
        scrub: scrub.figures(),
      }),
      async close({ graceMs }) {
        stopSweep.abort();
        await server.close({ graceMs });
        await scrub.stop();
        await sweeping;
        await blobs.close();
        for (const step of undo.reverse()) await step();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
