import { quoteETag } from '@darkslide/s3wire';
import { previewCondition, readWriteCondition } from '../http/conditions.ts';
import { publish, receiveBytes } from '../incoming.ts';
import { keyBytes } from '../index/rows.ts';
import { describeChecksum, readObjectHeaders } from '../object-headers.ts';
import type { Operation } from '../operation.ts';

export const putObject: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const headers = readObjectHeaders(request);
  const condition = readWriteCondition(request);
  previewCondition(condition, store.reader.findObject(bucketId, request.key));

  const { bytes, etag, checksum } = await receiveBytes(request, store);
  await publish(request, store, {
    type: 'putObject',
    bucketId,
    key: keyBytes(request.key),
    now: store.now(),
    bytes,
    etag,
    headers,
    checksum,
    condition,
  });
  return { status: 200, headers: { etag: quoteETag(etag), ...describeChecksum(checksum) } };
};
