import { type ChecksumAlgorithm, S3Error } from '@darkslide/s3wire';
import type { Sink } from './disk/receiver.ts';
import { createDigester, type DigestName, hexOf } from './hashing/digests.ts';
import type { ByteSource } from './http/response.ts';
import type { Command, Outcome } from './index/commands.ts';
import type { NewBytes, StoredChecksum } from './index/rows.ts';
import { type Integrity, readIntegrity } from './integrity.ts';
import type { S3Request } from './operation.ts';
import { commit, type Store } from './store.ts';

/** Bytes that are on disk and checked, but stand for nothing yet. */
export type Incoming = { bytes: NewBytes; etag: string; checksum: StoredChecksum | undefined };

/**
 * Takes in a request's body as a blob, and has it checked against all that the client declared of it. `algorithm`
 * is computed where the client declares no checksum. Throws S3Error; then nothing is kept.
 */
export function receiveBytes(request: S3Request, store: Store, algorithm?: ChecksumAlgorithm): Promise<Incoming> {
  const { body, signal } = request;
  const integrity = readIntegrity(request, algorithm);
  return takeIn({ size: body.size, integrity, pump: (sink) => body.pump(sink), signal, store });
}

/** Copies bytes of the store's own into a new blob. */
export async function copyBytes(
  bytes: ByteSource,
  { store, signal, algorithm }: { store: Store; signal: AbortSignal; algorithm: ChecksumAlgorithm | undefined },
): Promise<Incoming> {
  const digests: DigestName[] = algorithm === undefined ? ['MD5'] : ['MD5', algorithm];
  const pump = async (sink: Sink) => {
    for await (const piece of bytes.read()) {
      signal.throwIfAborted();
      await sink(piece);
    }
    return {};
  };
  return takeIn({ size: bytes.size, integrity: { digests, algorithm, check: () => {} }, pump, signal, store });
}

async function takeIn(options: {
  size: number;
  integrity: Integrity;
  pump: (sink: Sink) => Promise<Record<string, string>>;
  signal: AbortSignal;
  store: Store;
}): Promise<Incoming> {
  const { size, integrity, pump, signal, store } = options;
  const { algorithm } = integrity;
  if (size > store.limits.maxObjectBytes) {
    throw new S3Error('EntityTooLarge', {
      details: { ProposedSize: String(size), MaxSizeAllowed: String(store.limits.maxObjectBytes) },
    });
  }
  const leave = await store.uploads.enter(signal);
  try {
    const { blob, digests } = await store.receiver.receive({
      size,
      digests: integrity.digests,
      pump,
      check: integrity.check,
    });
    const value = algorithm && digests[algorithm];
    return {
      bytes: { blob, size },
      etag: hexOf(digests.MD5 ?? ''),
      checksum: algorithm && value ? { algorithm, value, type: 'FULL_OBJECT' } : undefined,
    };
  } finally {
    leave();
  }
}

/** Commits a command that gives new bytes their place. Where it is refused, the bytes are removed. */
export async function publish(
  { signal }: S3Request,
  store: Store,
  command: Command & { bytes: NewBytes },
): Promise<Outcome> {
  try {
    // Who has left, or sent more than was declared, is not told of a success and so must not have one.
    signal.throwIfAborted();
    return await commit(store, command);
  } catch (error) {
    // Only a refusal is sure to have left no trace; after anything else the next start finds out.
    if (error instanceof S3Error && command.bytes.blob !== undefined) await store.blobs.remove([command.bytes.blob]);
    throw error;
  }
}

/** The body of an XML request. Throws MaxMessageLengthExceeded and what its checksums throw. */
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
  const pieces: Buffer[] = [];
  let size = 0;
  const trailers = await request.body.pump((bytes) => {
    size += bytes.length;
    if (size > maxXmlBytes) {
      throw new S3Error('MaxMessageLengthExceeded', { details: { MaxMessageLengthBytes: String(maxXmlBytes) } });
    }
    pieces.push(Buffer.from(bytes));
    return undefined;
  });
  const body = Buffer.concat(pieces);
  const digester = await createDigester(integrity.digests);
  digester.update(body);
  integrity.check(digester.finish(), trailers);
  return body.toString('utf8');
}
