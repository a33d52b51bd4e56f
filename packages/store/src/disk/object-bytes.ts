import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSource } from '../http/response.ts';
import type { IndexReader } from '../index/reader.ts';
import type { Segment } from '../index/rows.ts';
import type { Blobs } from './blobs.ts';

/** Bytes read from disk at a time. */
const READ_SIZE = 64 * 1024;

/**
 * The bytes [from, to) of an object, straight from its blobs. They stay readable until `close`, whatever becomes of
 * the object meanwhile. Throws where they are no longer on disk.
 */
export async function openObjectBytes(options: {
  blobs: Blobs;
  reader: IndexReader;
  objectId: number;
  from: number;
  to: number;
}): Promise<ByteSource> {
  const { blobs, reader, objectId, from, to } = options;
  // Found and retained in one turn, so that no delete can come between.
  const segments = reader.segments(objectId, from, to);
  const release = blobs.retain(segments.map(({ blob }) => blob));
  const [first] = segments;
  let opened: FileHandle | undefined;
  try {
    // Opened before anything is answered, so that an unreadable object is an error and not a short body.
    opened = first && (await open(blobs.path(first.blob)));
  } catch (error) {
    release();
    throw error;
  }

  async function* read(): AsyncGenerator<Buffer> {
    for (const segment of segments) {
      const handle = opened ?? (await open(blobs.path(segment.blob)));
      opened = undefined;
      yield* readSegment({ handle, segment, from, to });
    }
  }
  return {
    size: to - from,
    read,
    close() {
      opened?.close().catch(() => {});
      opened = undefined;
      release();
    },
  };
}

async function* readSegment(options: {
  handle: FileHandle;
  segment: Segment;
  from: number;
  to: number;
}): AsyncGenerator<Buffer> {
  const { handle, segment, from, to } = options;
  const start = Math.max(0, from - segment.start);
  const end = Math.min(segment.size, to - segment.start) - 1;
  // The stream closes the handle.
  const stream = handle.createReadStream({ start, end, highWaterMark: READ_SIZE });
  yield* stream;
  if (stream.bytesRead !== end - start + 1) throw new Error(`blob ${segment.blob} is shorter than the index says`);
}
