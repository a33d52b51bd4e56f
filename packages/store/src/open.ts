import { Limiter, TrustedProxies } from '@darkslide/connections';
import { S3Error } from '@darkslide/s3wire';
import { BUFFER_BYTES, BUFFERS_PER_UPLOAD } from './blobs/blob-writer.ts';
import { makeFolder } from './blobs/directory-sync.ts';
import { FolderLock } from './blobs/lock.ts';
import type { LostFound } from './blobs/lost-found.ts';
import { Receiver } from './blobs/receiver.ts';
import { Damage } from './catalog/damage-marks.ts';
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
  type StoreLimits,
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
export async function openStore(options: Options): Promise<OpenStore> {
  checkBucketName(options.bucket);
  await makeFolder(options.dataDir);
  const lock = FolderLock.take(options.dataDir);
  const opened = new CloseStack();
  opened.defer(() => lock.release());
  try {
    return await serve(options, await openParts(options, opened), opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

type Options = StoreOptions & { log: (entry: LogEntry) => void; onDeath: (error: Error) => void };
type Parts = { store: Store; lostFound: LostFound };

/** Everything below HTTP, with the bucket. What has to be closed is put on `opened`. */
async function openParts(options: Options, opened: CloseStack): Promise<Parts> {
  const { dataDir, region = 'us-east-1', bucket, cors = DEFAULT_CORS, lostFoundDays, log, onDeath } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { compactChangesBytes, reservedBytes } = limits;
  // As many as there are requests at once, each with one body.
  const maxInProgress = limits.maxConnections + limits.maxUploads;
  const data = await Data.open({ dataDir, maxInProgress, lostFoundDays, compactChangesBytes, log, onDeath });
  const { blobs, reader, writer, lostFound } = data;
  opened.defer(() => data.close());
  const buffers = new HashBuffers({ count: limits.maxUploads * BUFFERS_PER_UPLOAD, size: BUFFER_BYTES });
  const hashing = new Hashing({ buffers, onDeath });
  opened.defer(() => hashing.close());
  const readHashing = new ReadHashing({ onDeath });
  opened.defer(() => readHashing.close());

  if (writer.isOpen && reader.findBucket(bucket) === undefined) {
    await writer.run({ type: 'createBucket', name: bucket, now: Date.now() });
  }
  const store: Store = {
    ...{ region, limits, cors, reader, writer, blobs, log },
    now: Date.now,
    receiver: new Receiver({ blobs, buffers, hashing, reservedBytes }),
    hashing: readHashing,
    damage: new Damage({ reader, writer, log }),
    trustedProxies: new TrustedProxies(options.trustedProxies ?? []),
    ...limitersOf(limits),
  };
  return { store, lostFound };
}

async function serve(options: Options, { store, lostFound }: Parts, opened: CloseStack): Promise<OpenStore> {
  const { host, port, credentials, scrubDays = DEFAULT_SCRUB_DAYS, log } = options;
  const { reader, writer, blobs, damage, limits, hashing } = store;
  const server = new HttpServer({ store, keys: credentials });
  const { port: boundPort, ownPort } = await server.listen({ host, port });
  const scrub = new Scrub({
    ...{ reader, writer, blobs, damage, log, days: scrubDays, hashing },
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
}

/** What admits uploads, and requests whose bodies are documents. */
function limitersOf(limits: StoreLimits): Pick<Store, 'uploads' | 'documents'> {
  const { maxWaitMs, maxWaitingUploads: maxWaiting, slowUpload } = limits;
  const refusal = () => new S3Error('SlowDown');
  return {
    uploads: new Limiter({
      ...{ places: limits.maxUploads, placesPerLink: limits.maxUploadsPerLink },
      ...{ placesPerClient: limits.maxUploadsPerClient, maxWaiting, maxWaitMs },
      ...{ slowBytesPerSecond: slowUpload.bytesPerSecond, patienceMs: slowUpload.patienceMs, refusal },
    }),
    documents: new Limiter({ places: limits.maxDocuments, maxWaiting, maxWaitMs, refusal }),
  };
}
