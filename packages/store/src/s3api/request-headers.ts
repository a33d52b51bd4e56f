import type { IncomingHttpHeaders } from 'node:http';
import { S3Error, type Verified } from '@darkslide/s3wire';
import { isHeaderParameter } from './known.ts';

/** What a link's user may not add: a later download would not be the bytes that were put, or not the newest ones. */
const FOR_SIGNERS_ONLY = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'];

/**
 * The headers that a request is carried out by: its own, and those that the signer of a link moved into the query,
 * where they mean the same.
 * @throws {S3Error} InvalidArgument
 */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  query: Map<string, string>,
  { presigned, signedHeaders }: Verified,
): IncomingHttpHeaders {
  const all = {
    ...Object.fromEntries([...query].filter(([name]) => isHeaderParameter(name)).map(asHeader)),
    ...headers,
  };
  if (!presigned) return all;
  for (const name of FOR_SIGNERS_ONLY) if (!signedHeaders.includes(name)) delete all[name];
  return all;
}

function asHeader([name, value]: [string, string]): [string, string] {
  // Header text is Latin-1 on Node: one character is one byte.
  const text = Buffer.from(value, 'utf8').toString('latin1');
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
    throw new S3Error('InvalidArgument', { details: { ArgumentName: name } });
  }
  return [name.toLowerCase(), text];
}
