import { quoteETag } from '@darkslide/s3wire';
import { isConditional } from '../../catalog/conditions.ts';
import { keyBytes } from '../../model.ts';
import { previewCondition, readWriteCondition } from '../conditions.ts';
import { publish, receiveBytes } from '../incoming.ts';
import { BODY_HEADERS, type Known, OBJECT_HEADERS, WRITE_CONDITIONS } from '../known.ts';
import { describeChecksum, readObjectHeaders } from '../object-headers.ts';
import { operation } from '../operation.ts';

const KNOWN: Known = {
  headers: [...BODY_HEADERS, ...OBJECT_HEADERS, ...WRITE_CONDITIONS],
  metadata: true,
};

export const putObject = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const headers = readObjectHeaders(request);
  const condition = readWriteCondition(request);
  previewCondition(condition, store.reader.findObject(bucketId, request.key));

  const { bucket, key } = request;
  const incoming = await receiveBytes(request, store, {
    describe: (about) => ({ kind: 'object', bucket, key, ...about, headers, conditional: isConditional(condition) }),
  });
  await publish(request, store, { type: 'putObject', bucketId, key: keyBytes(key), headers, condition, ...incoming });
  const { etag, checksum } = incoming;
  return { status: 200, headers: { etag: quoteETag(etag), ...describeChecksum(checksum) } };
});
