import type { FileHandle } from 'node:fs/promises';
import { S3Error } from '@darkslide/s3wire';
import { checkSize, DamagedError, openBlob, readBlob, readWholeBlob } from '../blobs/damage.ts';
import { fitsParts } from '../blobs/part-md5s.ts';
import type { Segment, StoredObject } from '../model.ts';
import type { ByteSource } from './response.ts';
import type { Store } from './store.ts';

/** Objects up to this many bytes are read and checked before the response begins. */
const MAX_CHECKED_FIRST_BYTES = 256 * 1024;

/**
 * The bytes [from, to) of an object, straight from its blobs. They stay readable until `close`, whatever becomes of
 * the object meanwhile. Each blob of which all bytes are asked for is compared with its MD5 before its last bytes are
 * given; where they differ, reading fails.
 * @throws {S3Error} InternalError where bytes are known not to be there
 */
export async function openObjectBytes(
  store: Store,
  { object, from, to }: { object: StoredObject; from: number; to: number },
): Promise<ByteSource> {
  // Found and retained in one turn, so that no delete can come between.
  const segments = store.reader.segments(object.id, from, to);
  const release = store.blobs.retain(segments.map(({ blob }) => blob));
  const [first] = segments;
  let opened: FileHandle | undefined;
  let early: Buffer[] | undefined;
  try {
    // Checked before the response begins, so that an unreadable object is an error and not a short body.
    await checkSizes(store, segments.slice(1));
    opened = first && (await openBlob(store.blobs, first));
    const read = () => readSegments(store, { object, segments, from, to, takeFirst: take });
    if (to - from <= MAX_CHECKED_FIRST_BYTES) early = await Array.fromAsync(read());
    return {
      size: to - from,
      read: () => (early === undefined ? read() : chunks(early)),
      close() {
        take()
          ?.close()
          .catch(() => {});
        release();
      },
    };
  } catch (error) {
    take()
      ?.close()
      .catch(() => {});
    release();
    throw await unreadable(store, error);
  }

  function take(): FileHandle | undefined {
    const handle = opened;
    opened = undefined;
    return handle;
  }
}

/** @throws {S3Error} InternalError where a blob of the object is missing or too short */
export async function checkObjectSize(store: Store, object: StoredObject): Promise<void> {
  try {
    await checkSizes(store, store.reader.segments(object.id, 0, object.size));
  } catch (error) {
    throw await unreadable(store, error);
  }
}

async function checkSizes({ blobs }: Store, segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await checkSize(blobs, segment);
}

/** Records the damage, and says it in S3's words. */
async function unreadable({ damage }: Store, error: unknown): Promise<unknown> {
  if (!(error instanceof DamagedError)) return error;
  await damage.found(error);
  return new S3Error('InternalError', {
    message: 'The stored bytes of this object are damaged. Upload it again, or restore it from a backup.',
    cause: error,
  });
}

async function* chunks(bytes: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* bytes;
}

type Wanted = { object: StoredObject; segments: readonly Segment[]; from: number; to: number };

async function* readSegments(
  store: Store,
  { takeFirst, ...wanted }: Wanted & { takeFirst: () => FileHandle | undefined },
): AsyncGenerator<Buffer> {
  const { blobs, damage, hashing } = store;
  const { segments, from, to } = wanted;
  const md5s: string[] = [];
  const decidesAll = (segment: Segment) => segment === segments.at(-1) && segments.some(({ md5 }) => md5 === undefined);
  try {
    for (const segment of segments) {
      const handle = takeFirst() ?? (await openBlob(blobs, segment));
      const [start, end] = [Math.max(0, from - segment.start), Math.min(segment.size, to - segment.start)];
      if (end - start < segment.size) {
        yield* readBlob(handle, { blob: segment.blob, from: start, to: end });
        continue;
      }
      const reading = readWholeBlob(handle, segment, hashing);
      const check = (md5: string) => checkParts(wanted, [...md5s, md5]);
      md5s.push(yield* decidesAll(segment) ? holdLast(reading, check) : reading);
      if (segment.md5 !== undefined) await damage.foundWhole(segment.blob);
    }
    if (from === 0 && to === wanted.object.size) {
      for (const { blob, md5 } of segments) if (md5 === undefined) await damage.foundWhole(blob);
    }
  } catch (error) {
    if (error instanceof DamagedError) await damage.found(error);
    throw error;
  }
}

/** Gives the last chunk only once `check` does not throw. */
async function* holdLast(
  reading: AsyncGenerator<Buffer, string>,
  check: (md5: string) => void,
): AsyncGenerator<Buffer, string> {
  let held: Buffer | undefined;
  try {
    for (;;) {
      const { done, value } = await reading.next();
      if (done) {
        check(value);
        if (held !== undefined) yield held;
        return value;
      }
      if (held !== undefined) yield held;
      held = value;
    }
  } finally {
    await reading.return('');
  }
}

/**
 * Of an object whose parts' MD5s the index does not have, all together are compared with its ETag; which part is
 * wrong can't be told.
 * @throws {DamagedError}
 */
function checkParts({ object, segments, from, to }: Wanted, md5s: readonly string[]): void {
  const unknown = segments.find(({ md5 }) => md5 === undefined);
  const isWhole = from === 0 && to === object.size;
  if (unknown === undefined || !isWhole || fitsParts(object.etag, md5s)) return;
  throw new DamagedError(unknown.blob, 'changed');
}
