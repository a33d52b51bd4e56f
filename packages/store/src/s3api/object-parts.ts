import { S3Error } from '@darkslide/s3wire';
import type { StoredObject } from '../model.ts';
import type { Range } from './range.ts';
import type { Store } from './store.ts';

/** How many parts the object was uploaded in, as its ETag tells; undefined for one that was put at once. */
export function partsCount(object: StoredObject): number | undefined {
  const [, count] = /-(\d+)$/.exec(object.etag) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** Where the object's parts lie, in order. Each is a segment, except for a last one without bytes. */
export function partRanges(store: Store, object: StoredObject): Range[] {
  const segments = store.reader.segments(object.id, 0, object.size);
  const ranges = segments.map(({ start, size }) => ({ from: start, to: start + size }));
  while (ranges.length < (partsCount(object) ?? 1)) ranges.push({ from: object.size, to: object.size });
  return ranges;
}

/**
 * The bytes of one part, counted from 1 in the order of the parts.
 * @throws {S3Error} InvalidArgument, InvalidPartNumber
 */
export function rangeOfPart(store: Store, object: StoredObject, number: number): Range {
  const count = partsCount(object) ?? 1;
  const range = number > count ? undefined : partRanges(store, object)[number - 1];
  if (range !== undefined) return range;
  throw new S3Error('InvalidPartNumber', {
    details: { PartNumberRequested: String(number), ActualPartCount: String(count) },
  });
}
