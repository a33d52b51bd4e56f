import { buildXml, S3Error, type XmlContent } from '@darkslide/s3wire';
import { DAMAGED_CLASS } from '../../catalog/damage-marks.ts';
import type { StoredObject } from '../../model.ts';
import type { Known } from '../known.ts';
import { MAX_PAGE } from '../listing.ts';
import { partRanges, partsCount } from '../object-parts.ts';
import { operation } from '../operation.ts';
import { header, type S3Request } from '../request.ts';
import { xmlResponse } from '../response.ts';
import type { Store } from '../store.ts';
import { checkVersion } from '../versions.ts';

const WANTED = 'x-amz-object-attributes';
const MAX_PARTS = 'x-amz-max-parts';
const MARKER = 'x-amz-part-number-marker';

const KNOWN: Known = { query: ['attributes', 'versionId'], headers: [WANTED, MAX_PARTS, MARKER] };

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

/** Returns what the request names of an object, and none of its bytes. */
export const getObjectAttributes = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  checkVersion(request.query.get('versionId'));
  const object = store.reader.object(bucketId, request.key);
  const wanted = readWanted(request);
  const told = (name: string, value: () => XmlContent[string]) => (wanted.includes(name) ? value() : undefined);
  const { checksum } = object;
  return xmlResponse(
    buildXml('GetObjectAttributesResponse', {
      ETag: told('ETag', () => object.etag),
      Checksum: told(
        'Checksum',
        () => checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type },
      ),
      ObjectParts: told('ObjectParts', () => describeParts(request, store, object)),
      StorageClass: told('StorageClass', () => (object.damaged ? DAMAGED_CLASS : 'STANDARD')),
      ObjectSize: told('ObjectSize', () => object.size),
    }),
    { 'last-modified': new Date(object.modifiedAt).toUTCString() },
  );
});

/** @throws {S3Error} InvalidArgument */
function readWanted(request: S3Request): string[] {
  const names = (header(request, WANTED) ?? '').split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ATTRIBUTES.includes(name));
  if (unknown === undefined) return names;
  throw new S3Error('InvalidArgument', {
    message: 'Invalid attribute name specified.',
    details: { ArgumentName: WANTED, ArgumentValue: unknown },
  });
}

/** Undefined for an object that was put at once. */
function describeParts(request: S3Request, store: Store, object: StoredObject): XmlContent | undefined {
  const count = partsCount(object);
  if (count === undefined) return undefined;
  const marker = readCount(request, MARKER) ?? 0;
  const limit = Math.min(readCount(request, MAX_PARTS) ?? MAX_PAGE, MAX_PAGE);
  const parts = partRanges(store, object)
    .map(({ from, to }, index) => ({ PartNumber: index + 1, Size: to - from }))
    .slice(marker, marker + limit);
  const last = parts.at(-1)?.PartNumber ?? marker;
  return {
    PartsCount: count,
    PartNumberMarker: marker,
    NextPartNumberMarker: last,
    MaxParts: limit,
    IsTruncated: last < count,
    Part: parts,
  };
}

/** @throws {S3Error} InvalidArgument */
function readCount(request: S3Request, name: string): number | undefined {
  const text = header(request, name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new S3Error('InvalidArgument', { details: { ArgumentName: name, ArgumentValue: text } });
}
