import { S3Error } from '@darkslide/s3wire';
import { DAMAGED_CLASS } from '../../catalog/damage-marks.ts';
import { checkObjectSize } from '../object-bytes.ts';
import { operation } from '../operation.ts';
import { READ_OBJECT_KNOWN, readObject } from '../read-object.ts';

export const headObject = operation(READ_OBJECT_KNOWN, async (request, store) => {
  const { object, status, headers, range } = readObject(request, store);
  if (status === 304) return { status, headers };
  try {
    await checkObjectSize(store, object);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    // A response to HEAD has no body to explain it.
    return { status: 500, headers: { 'x-amz-storage-class': DAMAGED_CLASS } };
  }
  return { status, headers, length: range.to - range.from };
});
