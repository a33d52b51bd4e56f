import type { Visitor } from '@darkslide/connections';
import { type ChecksumAlgorithm, S3Error } from '@darkslide/s3wire';
import type { Sink } from '../blobs/receiver.ts';
import { type BlobRecord, type ManifestRecord, trailerOf } from '../blobs/record.ts';
import type { Command, Outcome } from '../catalog/command.ts';
import { isConditional, type WriteCondition } from '../catalog/conditions.ts';
import { createDigester, type DigestName, type Digests, hexOf } from '../hashing/digests.ts';
import type { NewBytes, StoredChecksum } from '../model.ts';
import { type Integrity, readIntegrity } from './integrity.ts';
import type { S3Request } from './request.ts';
import type { ByteSource } from './response.ts';
import { commit, type Store } from './store.ts';

/** Bytes that are on disk, checked and described, but not published yet. */
export type Incoming = {
  bytes: NewBytes;
  etag: string;
  checksum: StoredChecksum | undefined;
  now: number;
  sequence: number;
};

/** What a blob's trailer says of the bytes themselves. */
type AboutBytes = Omit<Incoming, 'bytes' | 'now'> & { size: number; modifiedAt: number; after: number };

/** Returns the trailer's record: what the bytes are, and where they belong. */
export type Describe = (about: AboutBytes) => BlobRecord;

/**
 * Takes in a request's body as a blob, and has it checked against all that the client declared of it. `algorithm` is
 * computed where the client declares no checksum.
 * @throws {S3Error}; then nothing is kept
 */
export function receiveBytes(
  request: S3Request,
  store: Store,
  { describe, algorithm }: { describe: Describe; algorithm?: ChecksumAlgorithm | undefined },
): Promise<Incoming> {
  const { body, signal } = request;
  const integrity = readIntegrity(request, algorithm);
  const { size, visitor } = body;
  return takeIn({ size, integrity, pump: (sink) => body.pump(sink), signal, store, describe, visitor });
}

/** Copies bytes of the store's own into a new blob. */
export async function copyBytes(
  bytes: ByteSource,
  options: { store: Store; signal: AbortSignal; algorithm: ChecksumAlgorithm | undefined; describe: Describe },
): Promise<Incoming> {
  const { signal, algorithm } = options;
  const digests: DigestName[] = algorithm === undefined ? ['MD5'] : ['MD5', algorithm];
  const pump = async (sink: Sink) => {
    for await (const chunk of bytes.read()) {
      signal.throwIfAborted();
      await sink(chunk);
    }
    return {};
  };
  return takeIn({ ...options, size: bytes.size, integrity: { digests, algorithm, check: () => {} }, pump });
}

async function takeIn(options: {
  size: number;
  integrity: Integrity;
  pump: (sink: Sink) => Promise<Record<string, string>>;
  signal: AbortSignal;
  store: Store;
  describe: Describe;
  visitor?: Visitor;
}): Promise<Incoming> {
  const { size, integrity, pump, signal, store, describe, visitor } = options;
  if (size > store.limits.maxObjectBytes) {
    throw new S3Error('EntityTooLarge', {
      details: { ProposedSize: String(size), MaxSizeAllowed: String(store.limits.maxObjectBytes) },
    });
  }
  const leave = await store.uploads.enter(signal, visitor);
  let about: AboutBytes | undefined;
  try {
    await store.writer.ready();
    const { blob } = await store.receiver.receive({
      size,
      digests: integrity.digests,
      pump,
      seal(digests, trailers) {
        integrity.check(digests, trailers);
        about = { ...orderOf(store), ...identify(digests, integrity), size };
        return trailerOf(describe(about), size);
      },
    });
    const { etag, checksum, modifiedAt: now, sequence } = about as unknown as AboutBytes;
    return { bytes: { blob, size }, etag, checksum, now, sequence };
  } catch (error) {
    if (about !== undefined) store.writer.sequence.settle(about.sequence);
    throw error;
  } finally {
    leave();
  }
}

/** When a write comes, among all others. Settle the sequence number once the write is decided. */
function orderOf(store: Store): { sequence: number; after: number; modifiedAt: number } {
  return { sequence: store.writer.sequence.take(), after: store.writer.lastObjectId, modifiedAt: store.now() };
}

function identify(digests: Digests, { algorithm }: Integrity): { etag: string; checksum: StoredChecksum | undefined } {
  const value = algorithm && digests[algorithm];
  return {
    etag: hexOf(digests.MD5 ?? ''),
    checksum: algorithm && value ? { algorithm, value, type: 'FULL_OBJECT' } : undefined,
  };
}

/** Commits a command that gives new bytes their place. Where it is refused, the bytes are removed. */
export async function publish(
  { signal }: S3Request,
  store: Store,
  command: Command & { bytes: NewBytes; sequence: number },
): Promise<Outcome> {
  try {
    // A client that disconnected, or sent too much, never sees a success; so nothing is committed.
    signal.throwIfAborted();
    return await commit(store, command);
  } catch (error) {
    // Only a refusal is sure to have left no trace; after anything else the next start finds out.
    if (error instanceof S3Error) await store.blobs.remove([command.bytes.blob]);
    throw error;
  } finally {
    store.writer.sequence.settle(command.sequence);
  }
}

/** What an object of blobs that are there already is to be, and on which condition. */
type Assembled = Omit<ManifestRecord, 'kind' | 'conditional' | 'sequence' | 'after' | 'modifiedAt'> & {
  condition: WriteCondition;
};

/**
 * Commits a command that makes an object of blobs that are there already, with a blob that says so. Where it is
 * refused, that blob is removed.
 */
export async function publishManifest(
  store: Store,
  { condition, ...object }: Assembled,
  command: (placed: { sequence: number; now: number; manifest: string }) => Command,
): Promise<Outcome & { now: number }> {
  await store.writer.ready();
  const order = orderOf(store);
  let manifest: string | undefined;
  try {
    const record = { kind: 'manifest' as const, ...object, ...order, conditional: isConditional(condition) };
    manifest = await store.receiver.write(trailerOf(record, 0));
    const placed = { sequence: order.sequence, now: order.modifiedAt, manifest };
    return { ...(await commit(store, command(placed))), now: order.modifiedAt };
  } catch (error) {
    if (error instanceof S3Error && manifest !== undefined) await store.blobs.remove([manifest]);
    throw error;
  } finally {
    store.writer.sequence.settle(order.sequence);
  }
}

/** The body of an XML request. @throws {S3Error} MaxMessageLengthExceeded and what its checksums throw */
export async function receiveText(
  request: S3Request,
  store: Store,
  integrity: Integrity = readIntegrity(request),
): Promise<string> {
  const leave = await store.documents.enter(request.signal);
  try {
    return await readText(request, store, integrity);
  } finally {
    leave();
  }
}

async function readText(request: S3Request, store: Store, integrity: Integrity): Promise<string> {
  const { maxXmlBytes } = store.limits;
  const chunks: Buffer[] = [];
  let size = 0;
  const trailers = await request.body.pump((bytes) => {
    size += bytes.length;
    if (size > maxXmlBytes) {
      throw new S3Error('MaxMessageLengthExceeded', { details: { MaxMessageLengthBytes: String(maxXmlBytes) } });
    }
    chunks.push(Buffer.from(bytes));
    return undefined;
  });
  const body = Buffer.concat(chunks);
  const digester = await createDigester(integrity.digests);
  digester.update(body);
  integrity.check(digester.finish(), trailers);
  return body.toString('utf8');
}
