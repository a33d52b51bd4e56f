import { quoteETag } from '@darkslide/s3wire';
import { DAMAGED_CLASS } from '../catalog/damage-marks.ts';
import type { KeyBound } from '../catalog/reader.ts';
import { keyBytes, type StoredObject } from '../model.ts';
import { collectPage, commonPrefix, keyAfterPrefix, type Page } from './listing.ts';
import type { OWNER } from './owner.ts';
import type { Store } from './store.ts';

/** What both forms of ListObjects have in common: a page of a bucket's objects after `after`. */
export function listObjectPage(
  store: Store,
  options: { bucketId: number; prefix: string; delimiter: string | undefined; after: KeyBound; limit: number },
): Page<StoredObject> {
  const { bucketId, prefix, delimiter, limit } = options;
  const end = keyAfterPrefix(prefix);
  const prefixStart: KeyBound = { key: keyBytes(prefix), inclusive: true };
  let bound = Buffer.compare(options.after.key, prefixStart.key) < 0 ? prefixStart : options.after;
  return collectPage({
    prefix,
    delimiter,
    limit,
    fetch(count, from) {
      if (from !== undefined) bound = { key: from, inclusive: true };
      const objects = store.reader.objectsFrom(bucketId, bound, end, count);
      const last = objects.at(-1);
      if (last !== undefined) bound = { key: keyBytes(last.key), inclusive: false };
      return objects;
    },
  });
}

/** An object in a listing. Its owner is the one that all have. */
export function describeEntry(object: StoredObject, encode: (key: string) => string, owner?: typeof OWNER) {
  return {
    Key: encode(object.key),
    LastModified: new Date(object.modifiedAt),
    ETag: quoteETag(object.etag),
    ...(object.checksum && { ChecksumAlgorithm: object.checksum.algorithm, ChecksumType: object.checksum.type }),
    Size: object.size,
    StorageClass: object.damaged ? DAMAGED_CLASS : 'STANDARD',
    Owner: owner,
  };
}

/** Where a marker begins: after the key, or, where it is a common prefix, after all keys that have it. */
export function boundAfter(
  marker: string,
  { prefix, delimiter }: { prefix: string; delimiter: string | undefined },
): KeyBound {
  const isCommon = marker.startsWith(prefix) && commonPrefix(marker, prefix, delimiter) === marker;
  const skipped = isCommon ? keyAfterPrefix(marker) : undefined;
  return skipped === undefined ? { key: keyBytes(marker), inclusive: false } : { key: skipped, inclusive: true };
}
