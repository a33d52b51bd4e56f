import { openObjectBytes } from '../object-bytes.ts';
import { operation } from '../operation.ts';
import { READ_OBJECT_KNOWN, readObject } from '../read-object.ts';

export const getObject = operation(READ_OBJECT_KNOWN, async (request, store) => {
  const { object, status, headers, range } = readObject(request, store);
  if (status === 304) return { status, headers };
  const { from, to } = range;
  return { status, headers, body: await openObjectBytes(store, { object, from, to }) };
});
