import { S3Error, uriEncode } from '@darkslide/s3wire';
import { keyBytes } from '../model.ts';

/** The most that one page holds, whatever the client asks for. */
export const MAX_PAGE = 1000;

/** A page of a listing: entries and common prefixes, in one order. */
export type Page<T> = {
  entries: T[];
  prefixes: string[];
  /** What the page ends with, where more follows. */
  last: { entry: T } | { prefix: string } | undefined;
};

/**
 * Collects up to `limit` entries and common prefixes. `fetch` returns up to `count` entries in order: those after
 * the last one it returned, or, where `from` is given, those from that key on.
 */
export function collectPage<T extends { key: string }>(options: {
  fetch: (count: number, from: Uint8Array | undefined) => T[];
  prefix: string;
  delimiter: string | undefined;
  limit: number;
}): Page<T> {
  const { fetch, prefix, delimiter, limit } = options;
  const page: Page<T> = { entries: [], prefixes: [], last: undefined };
  if (limit === 0) return page;
  let last: Page<T>['last'];
  let from: Uint8Array | undefined;
  let count = delimiter === undefined ? limit + 1 : 2;
  for (;;) {
    const fetched = fetch(count, from);
    from = undefined;
    for (const entry of fetched) {
      if (page.entries.length + page.prefixes.length === limit) return { ...page, last };
      const common = commonPrefix(entry.key, prefix, delimiter);
      if (common === undefined) {
        page.entries.push(entry);
        last = { entry };
        continue;
      }
      page.prefixes.push(common);
      last = { prefix: common };
      from = keyAfterPrefix(common);
      break;
    }
    if (from === undefined && fetched.length < count) return page;
    // Behind a common prefix another one is likely; in a run of plain keys, more of them.
    count = from === undefined ? Math.min(count * 2, limit + 1) : 2;
  }
}

/** The common prefix of a key in a listing with a delimiter: its start, up to the first delimiter after the prefix. */
export function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The least key above every key with this prefix; undefined for the empty prefix. No byte of UTF-8 is 0xff. */
export function keyAfterPrefix(prefix: string): Uint8Array | undefined {
  const bytes = Uint8Array.from(keyBytes(prefix));
  const last = bytes.length - 1;
  if (last < 0) return undefined;
  bytes[last] = (bytes[last] as number) + 1;
  return bytes;
}

/** A number of entries from the query, 0 to 1000. @throws {S3Error} InvalidArgument */
export function readPageSize(query: Map<string, string>, name: string): number {
  const text = query.get(name);
  if (text === undefined || text === '') return MAX_PAGE;
  if (!/^\d{1,10}$/.test(text)) {
    throw new S3Error('InvalidArgument', {
      message: `Argument ${name} must be an integer between 0 and 2147483647`,
      details: { ArgumentName: name, ArgumentValue: text },
    });
  }
  return Math.min(Number(text), MAX_PAGE);
}

/** How keys are written in the response: as they are, or percent-encoded where `encoding-type=url` asks for it. */
export function readKeyEncoding(query: Map<string, string>): {
  encodingType: string | undefined;
  encode: (key: string) => string;
} {
  const encodingType = query.get('encoding-type');
  if (encodingType === undefined || encodingType === '') return { encodingType: undefined, encode: (key) => key };
  if (encodingType === 'url') return { encodingType, encode: (key) => uriEncode(key, { slash: false }) };
  throw new S3Error('InvalidArgument', {
    message: 'Invalid Encoding Method specified in Request',
    details: { ArgumentName: 'encoding-type', ArgumentValue: encodingType },
  });
}
