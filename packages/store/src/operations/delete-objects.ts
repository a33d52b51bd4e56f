import { buildXml, parseXml, S3Error } from '@darkslide/s3wire';
import { xmlResponse } from '../http/response.ts';
import { receiveText } from '../incoming.ts';
import { keyBytes } from '../index/rows.ts';
import type { Operation } from '../operation.ts';
import { commit } from '../store.ts';
import { children, optionalText, requiredText } from '../xml-input.ts';

const MAX_KEYS = 1000;

export const deleteObjects: Operation = async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const input = parseXml(await receiveText(request, store), { root: 'Delete', lists: ['Object'] });
  const keys = children(input, 'Object').map((object) => requiredText(object, 'Key'));
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('')) throw new S3Error('MalformedXML');

  await commit(store, { type: 'deleteObjects', bucketId, keys: keys.map(keyBytes) });
  const quiet = optionalText(input, 'Quiet') === 'true';
  return xmlResponse(buildXml('DeleteResult', { Deleted: quiet ? undefined : keys.map((Key) => ({ Key })) }));
};
