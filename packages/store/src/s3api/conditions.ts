import { etagMatches, quoteETag, S3Error, unquoteETag } from '@darkslide/s3wire';
import { checkCondition, type WriteCondition } from '../catalog/conditions.ts';
import { Refusal } from '../catalog/refusal.ts';
import type { StoredObject } from '../model.ts';
import { header, type S3Request } from './request.ts';

/**
 * Holds a read to its If-* headers, in the order of RFC 9110 (13.2.2). `prefix` reads another set of headers:
 * `x-amz-copy-source-`.
 * @throws {S3Error} PreconditionFailed
 */
export function checkReadConditions(request: S3Request, object: StoredObject, prefix = ''): 'proceed' | 'not-modified' {
  const ifMatch = header(request, `${prefix}if-match`);
  const ifNoneMatch = header(request, `${prefix}if-none-match`);
  const unmodifiedSince = seconds(header(request, `${prefix}if-unmodified-since`));
  const modifiedSince = seconds(header(request, `${prefix}if-modified-since`));
  const modified = Math.floor(object.modifiedAt / 1000);

  if (ifMatch !== undefined) {
    if (!etagMatches(ifMatch, object.etag)) throw failed('If-Match');
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) throw failed('If-Unmodified-Since');

  if (ifNoneMatch !== undefined) return etagMatches(ifNoneMatch, object.etag) ? 'not-modified' : 'proceed';
  return modifiedSince !== undefined && modified <= modifiedSince ? 'not-modified' : 'proceed';
}

/** Whether `If-Range` is absent or names the object as it is: by its strong ETag, or by its very time (RFC 9110, 13.1.5). */
export function rangeIsCurrent(request: S3Request, object: StoredObject): boolean {
  const validator = header(request, 'if-range')?.trim();
  if (validator === undefined || validator === quoteETag(object.etag)) return true;
  return seconds(validator) === Math.floor(object.modifiedAt / 1000);
}

/** The condition of a PUT or Complete. @throws {S3Error} NotImplemented for two at once, as S3 does */
export function readWriteCondition(request: S3Request): WriteCondition {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  if (ifNoneMatch !== undefined && ifMatch !== undefined) {
    throw new S3Error('NotImplemented', { details: { Header: 'If-None-Match' } });
  }
  if (ifNoneMatch?.trim() === '*') return { type: 'if-absent' };
  if (ifNoneMatch !== undefined) return { type: 'unless-etag', etags: ifNoneMatch.split(',').map(unquoteETag) };
  return ifMatch === undefined ? { type: 'none' } : { type: 'if-etag', etags: ifMatch.split(',').map(unquoteETag) };
}

const failed = (condition: string) => new S3Error('PreconditionFailed', { details: { Condition: condition } });

/** Whole seconds, as Last-Modified has them; undefined where it is not a date. */
function seconds(date: string | undefined): number | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

/** A look ahead, which spares a body its way; the commit decides. @throws {S3Error} NoSuchKey, PreconditionFailed */
export function previewCondition(condition: WriteCondition, object: StoredObject | undefined): void {
  try {
    checkCondition(condition, object?.etag, { isDamaged: object?.damaged ?? false });
  } catch (error) {
    throw error instanceof Refusal ? new S3Error(error.code, { details: error.details }) : error;
  }
}
