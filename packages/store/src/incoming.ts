import { type ChecksumAlgorithm, S3Error } from '@darkslide/s3wire';
import { createDigester, hexOf } from './hashing/digests.ts';
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
export async function receiveBytes(request: S3Request, store: Store, algorithm?: ChecksumAlgorithm): Promise<Incoming> {
  const { body, signal } = request;
  const { size } = body;
  if (size > store.limits.maxObjectBytes) {
    throw new S3Error('EntityTooLarge', {
      details: { ProposedSize: String(size), MaxSizeAllowed: String(store.limits.maxObjectBytes) },
    });
  }
  const integrity = readIntegrity(request, algorithm);
  const leave = await store.uploads.enter(signal);
  try {
    const { blob, digests } = await store.receiver.receive({
      size,
      digests: integrity.digests,
      pump: (sink) => body.pump(sink),
      check: (computed, trailers) => integrity.check(computed, trailers),
    });
    const value = integrity.algorithm && digests[integrity.algorithm];
    return {
      bytes: { blob, size },
      etag: hexOf(digests.MD5 ?? ''),
      checksum:
        integrity.algorithm && value ? { algorithm: integrity.algorithm, value, type: 'FULL_OBJECT' } : undefined,
    };
  } finally {
    leave();
  }
}

/** Commits a command that gives new bytes their place. Where it is refused, the bytes are removed. */
export async function publish(store: Store, command: Command & { bytes: NewBytes }): Promise<Outcome> {
  try {
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
  const { maxXmlBytes } = store.limits;
  const pieces: Buffer[] = [];
  let size = 0;
  const trailers = await request.body.pump((bytes) => {
    size += bytes.length;
    if (size > maxXmlBytes) {
      throw new S3Error('MaxMessageLengthExceeded', { details: { MaxMessageLengthBytes: String(maxXmlBytes) } });
    }
    pieces.push(bytes);
    return undefined;
  });
  const body = Buffer.concat(pieces);
  const digester = await createDigester(integrity.digests);
  digester.update(body);
  integrity.check(digester.finish(), trailers);
  return body.toString('utf8');
}
