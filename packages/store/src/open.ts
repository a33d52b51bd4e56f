import { Limiter, TrustedProxies } from '@darkslide/connections';
import { S3Error } from '@darkslide/s3wire';
import { BUFFER_BYTES, BUFFERS_PER_UPLOAD } from './blobs/blob-writer.ts';
import { makeFolder } from './blobs/directory-sync.ts';
import { FolderLock } from './blobs/lock.ts';
import { Receiver } from './blobs/receiver.ts';
import { Damage } from './catalog/damage.ts';
import { CloseStack } from './close-stack.ts';
import { HashBuffers } from './hashing/buffers.ts';
import { Hashing } from './hashing/hashing.ts';
import { ReadHashing } from './hashing/read-hashing.ts';
import {
  DEFAULT_CORS,
  DEFAULT_LIMITS,
  DEFAULT_SCRUB_DAYS,
  type LogEntry,
  type StoreFigures,
  type StoreOptions,
} from './options.ts';
import { Data } from './recovery/open-data.ts';
import { checkBucketName } from './s3api/operations/create-bucket.ts';
import { HttpServer } from './s3api/server.ts';
import type { Store } from './s3api/store.ts';
import { Scrub } from './scrub/scrub.ts';

/** A store that serves requests. */
export type OpenStore = {
  port: number;
  /** Another one, for programs of this machine. */
  ownPort: number;
  figures: () => StoreFigures;
  close: (options: { graceMs: number }) => Promise<void>;
};

/**
 * Opens the data folder and serves it, in the calling thread. `onDeath` is called when a helper thread dies: then
 * nothing can be stored any more.
 * @throws where the folder is in use, damaged, or written by a newer version
 */
export async function openStore(
  options: StoreOptions & { log: (entry: LogEntry) => void; onDeath: (error: Error) => void },
): Promise<OpenStore> {
  const { dataDir, host, port, region = 'us-east-1', credentials, bucket, cors = DEFAULT_CORS, log, onDeath } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { maxWaitMs } = limits;
  const refusal = () => new S3Error('SlowDown');
  checkBucketName(bucket);
  await makeFolder(dataDir);
  const lock = FolderLock.take(dataDir);
  const opened = new CloseStack();
  opened.defer(() => lock.release());
  try {
    // As many as there are requests at once, each with one body.
    const maxInProgress = limits.maxConnections + limits.maxUploads;
    const { compactChangesBytes } = limits;
    const { lostFoundDays } = options;
    const data = await Data.open({ dataDir, maxInProgress, lostFoundDays, compactChangesBytes, log, onDeath });
    const { blobs, reader, writer, lostFound } = data;
    opened.defer(() => data.close());
    const buffers = new HashBuffers({ count: limits.maxUploads * BUFFERS_PER_UPLOAD, size: BUFFER_BYTES });
    const hashing = new Hashing({ buffers, onDeath });
    opened.defer(() => hashing.close());
    const readHashing = new ReadHashing({ onDeath });
    opened.defer(() => readHashing.close());
    const damage = new Damage({ reader, writer, log });

    if (writer.isOpen && reader.findBucket(bucket) === undefined) {
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
      receiver: new Receiver({ blobs, buffers, hashing, reservedBytes: limits.reservedBytes }),
      hashing: readHashing,
      damage,
      trustedProxies: new TrustedProxies(options.trustedProxies ?? []),
      uploads: new Limiter({
        ...{ places: limits.maxUploads, placesPerLink: limits.maxUploadsPerLink },
        ...{ placesPerClient: limits.maxUploadsPerClient, maxWaiting: limits.maxWaitingUploads, maxWaitMs },
        ...{ slowBytesPerSecond: limits.slowUpload.bytesPerSecond, patienceMs: limits.slowUpload.patienceMs, refusal },
      }),
      documents: new Limiter({ places: limits.maxDocuments, maxWaiting: limits.maxWaitingUploads, maxWaitMs, refusal }),
      log,
    };
    const server = new HttpServer({ store, keys: credentials });
    const { port: boundPort, ownPort } = await server.listen({ host, port });

    const { scrubDays = DEFAULT_SCRUB_DAYS } = options;
    const scrub = new Scrub({
      ...{ reader, writer, blobs, damage, log, days: scrubDays, hashing: readHashing },
      ...{ idleBytesPerSecond: limits.scrubBytesPerSecond, recheckMs: limits.recheckMs },
      isBusy: () => server.size > 0,
    });
    return {
      port: boundPort,
      ownPort,
      figures: () => ({
        bodies: store.uploads.size,
        damagedObjects: reader.countDamagedObjects(),
        scrub: scrub.figures(),
        lostAndFound: lostFound.count(),
      }),
      async close({ graceMs }) {
        await server.close({ graceMs });
        await scrub.stop();
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
