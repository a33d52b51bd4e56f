import { openObjectBytes } from '../disk/object-bytes.ts';
import type { Operation } from '../operation.ts';
import { readObject } from './read-object.ts';

export const getObject: Operation = async (request, store) => {
  const { object, status, headers, range } = readObject(request, store);
  if (status === 304) return { status, headers };
  const { from, to } = range;
  return { status, headers, body: await openObjectBytes(store, { object, from, to }) };
};
