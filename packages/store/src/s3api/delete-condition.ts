import { S3Error, unquoteETag } from '@darkslide/s3wire';
import type { DeleteCondition } from '../catalog/conditions.ts';

/**
 * What a delete asks of its object, in a request's headers or in an element of DeleteObjects. `names` says what the
 * values are called there.
 * @throws {S3Error} InvalidArgument
 */
export function readDeleteCondition(
  values: { etag: string | undefined; size: string | undefined; modified: string | undefined },
  names: { size: string; modified: string },
): DeleteCondition {
  const { etag, size, modified } = values;
  const time = modified === undefined ? 0 : Date.parse(modified);
  if (Number.isNaN(time)) throw invalid(names.modified, modified ?? '');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw invalid(names.size, size);
  return {
    ...(etag !== undefined && { etags: etag.split(',').map(unquoteETag) }),
    ...(size !== undefined && { size: Number(size) }),
    ...(modified !== undefined && { modifiedAt: Math.floor(time / 1000) }),
  };
}

const invalid = (name: string, value: string) =>
  new S3Error('InvalidArgument', { details: { ArgumentName: name, ArgumentValue: value } });
