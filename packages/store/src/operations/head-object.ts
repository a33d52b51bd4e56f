import type { Operation } from '../operation.ts';
import { readObject } from './read-object.ts';

export const headObject: Operation = async (request, store) => {
  const { status, headers, range } = readObject(request, store);
  return status === 304 ? { status, headers } : { status, headers, length: range.to - range.from };
};
