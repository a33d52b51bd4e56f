import { S3Error } from '@darkslide/s3wire';
import type { StoredObject } from '../model.ts';
import { checkReadConditions, rangeIsCurrent } from './conditions.ts';
import type { Known } from './known.ts';
import { describeChecksum, describeObject } from './object-headers.ts';
import { partsCount, rangeOfPart } from './object-parts.ts';
import { readPartNumber } from './part-number.ts';
import { parseRange, type Range } from './range.ts';
import { header, type S3Request } from './request.ts';
import type { Store } from './store.ts';
import { checkVersion } from './versions.ts';

/** Response headers that a signed request may choose. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

export const READ_OBJECT_KNOWN: Known = {
  query: ['versionId', 'partNumber', ...OVERRIDES.map((name) => `response-${name}`)],
  headers: ['x-amz-checksum-mode'],
};

/** Whatever type an object claims to have: a browser that opens it guesses no other, and runs nothing in it. */
const INERT = { 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'" };

/** What GET and HEAD have in common: which object, which of its bytes, and what to say of it. */
export function readObject(
  request: S3Request,
  store: Store,
): { object: StoredObject; status: 200 | 206 | 304; headers: Record<string, string>; range: Range } {
  const bucket = store.reader.bucket(request.bucket);
  checkVersion(request.query.get('versionId'));
  const object = store.reader.object(bucket.id, request.key);
  const whole = { from: 0, to: object.size };
  const headers: Record<string, string> = { ...describeObject(object), ...INERT };
  if (checkReadConditions(request, object) === 'not-modified') return { object, status: 304, headers, range: whole };

  for (const name of OVERRIDES) {
    const value = request.query.get(`response-${name}`);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new S3Error('InvalidArgument', { details: { ArgumentName: `response-${name}` } });
    }
    headers[name] = value;
  }
  const range = readPart(request, store, object, headers) ?? readRange(request, object);
  if (range !== undefined) {
    // An empty range cannot be expressed.
    if (range.from < range.to) headers['content-range'] = `bytes ${range.from}-${range.to - 1}/${object.size}`;
    return { object, status: 206, headers, range };
  }
  // A checksum is of the whole object, so it would be wrong beside a range.
  if (header(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(headers, describeChecksum(object.checksum));
  }
  return { object, status: 200, headers, range: whole };
}

/** A validator that does not hold asks for the whole object: part of an older one would be mixed with part of this. */
function readRange(request: S3Request, object: StoredObject): Range | undefined {
  return rangeIsCurrent(request, object) ? parseRange(header(request, 'range'), object.size) : undefined;
}

/** The part that `partNumber` asks for. Tells the number of parts where there are several. */
function readPart(
  request: S3Request,
  store: Store,
  object: StoredObject,
  headers: Record<string, string>,
): Range | undefined {
  if (!request.query.has('partNumber')) return undefined;
  const number = readPartNumber(request);
  if (header(request, 'range') !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter',
    });
  }
  const count = partsCount(object);
  if (count !== undefined) headers['x-amz-mp-parts-count'] = String(count);
  return rangeOfPart(store, object, number);
}
