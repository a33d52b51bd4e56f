import { S3Error } from '@darkslide/s3wire';

/** What a request-target names, decoded: the account (no bucket), a bucket (no key), or an object. */
export type Target = { bucket: string | undefined; key: string | undefined; query: Map<string, string> };

/** Bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/**
 * Reads a path-style target, `/bucket/key?query`. A key is taken literally: `..`, `//` and `\` mean nothing.
 * @throws {S3Error} InvalidURI where it is not percent-encoded UTF-8, KeyTooLongError
 */
export function parseTarget(target: string): Target {
  if (!target.startsWith('/')) throw new S3Error('InvalidURI');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const slash = path.indexOf('/', 1);
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = decode(slash < 0 ? '' : path.slice(slash + 1));
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', { details: { Size: String(bytes), MaxSizeAllowed: String(MAX_KEY_BYTES) } });
  }
  return { bucket: bucket || undefined, key: key || undefined, query: parseQuery(query) };
}

function parseQuery(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    parameters.set(decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' ')));
  }
  return parameters;
}

function decode(text: string): string {
  try {
    // Node hands bytes over as Latin-1; a client that does not encode its UTF-8 sends such bytes.
    const encoded = /[\x80-\xff]/.test(text) ? encodeBytes(text) : text;
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause });
  }
}

const encodeBytes = (text: string) =>
  text.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
