import { S3Error } from '@darkslide/s3wire';
import { checkReadConditions } from '../http/conditions.ts';
import { parseRange, type Range } from '../http/range.ts';
import type { StoredObject } from '../index/rows.ts';
import { describeChecksum, describeObject } from '../object-headers.ts';
import { header, type S3Request } from '../operation.ts';
import type { Store } from '../store.ts';

/** Headers of the answer that a signed request may choose. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** What GET and HEAD have in common: which object, which of its bytes, and what to say of it. */
export function readObject(
  request: S3Request,
  store: Store,
): { object: StoredObject; status: 200 | 206 | 304; headers: Record<string, string>; range: Range } {
  const bucket = store.reader.bucket(request.bucket);
  const object = store.reader.object(bucket.id, request.key);
  const whole = { from: 0, to: object.size };
  const headers = describeObject(object);
  if (checkReadConditions(request, object) === 'not-modified') return { object, status: 304, headers, range: whole };

  for (const name of OVERRIDES) {
    const value = request.query.get(`response-${name}`);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new S3Error('InvalidArgument', { details: { ArgumentName: `response-${name}` } });
    }
    headers[name] = value;
  }
  const range = parseRange(header(request, 'range'), object.size);
  if (range !== undefined) {
    headers['content-range'] = `bytes ${range.from}-${range.to - 1}/${object.size}`;
    return { object, status: 206, headers, range };
  }
  // A checksum is of the whole object, so it would be wrong beside a range.
  if (header(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(headers, describeChecksum(object.checksum));
  }
  return { object, status: 200, headers, range: whole };
}
