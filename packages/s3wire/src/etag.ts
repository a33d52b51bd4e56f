import { createHash } from 'node:crypto';

/** `"etag"`, as headers and XML carry it. */
export const quoteETag = (etag: string) => `"${etag}"`;

/** The ETag without quotes and weak mark, as clients send it in many ways. */
export function unquoteETag(text: string): string {
  return text
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
}

/**
 * The ETag of a multipart object: MD5 of the parts' MD5s, a dash, their count. Takes the parts' ETags in part
 * order, quoted or not.
 */
export function multipartETag(partETags: readonly string[]): string {
  const hash = createHash('md5');
  for (const etag of partETags) hash.update(unquoteETag(etag), 'hex');
  return `${hash.digest('hex')}-${partETags.length}`;
}

/** Whether an If-Match or If-None-Match list names the ETag; `*` names every one. */
export function etagMatches(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  const wanted = unquoteETag(etag);
  return list.split(',').some((one) => unquoteETag(one) === wanted);
}
