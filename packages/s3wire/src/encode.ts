import { S3Error } from './errors.ts';

/** What AWS leaves as it is: A-Z a-z 0-9 - . _ ~ */
const UNRESERVED = /^[\w.~-]*$/;
const UNRESERVED_OR_SLASH = /^[\w.~/-]*$/;

const percent = (byte: number) => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;

/**
 * Percent-encodes the UTF-8 of `value` by AWS's rule: everything but `A-Z a-z 0-9 - . _ ~`, upper-case hex. `slash:
 * true` encodes `/` too (query names and values), `false` keeps it (object keys in a path).
 * @throws {URIError} on a lone surrogate
 */
export function uriEncode(value: string, { slash }: { slash: boolean }): string {
  if ((slash ? UNRESERVED : UNRESERVED_OR_SLASH).test(value)) return value;
  const encoded = encodeURIComponent(value).replace(/[!'()*]/g, (char) => percent(char.charCodeAt(0)));
  return slash ? encoded : encoded.replaceAll('%2F', '/');
}

const ESCAPE_OR_RESERVED = /%([0-9A-Fa-f]{2})|[^\w.~-]/g;

/**
 * Rewrites text that is already (perhaps sloppily) percent-encoded into AWS's one encoding, byte for byte: what was
 * escaped without need is unescaped, what was left bare is escaped, hex becomes upper case. One character is one byte,
 * as `node:http` hands over a request target.
 * @throws {S3Error} InvalidURI on a `%` without two hex digits, and on characters that are not bytes
 */
export function recode(encoded: string, { slash }: { slash: boolean }): string {
  if ((slash ? UNRESERVED : UNRESERVED_OR_SLASH).test(encoded)) return encoded;
  return encoded.replace(ESCAPE_OR_RESERVED, (match, hex: string | undefined) => {
    const code = hex === undefined ? match.charCodeAt(0) : Number.parseInt(hex, 16);
    if (match === '%' || code > 255) throw new S3Error('InvalidURI');
    if (code === 0x2f) return slash ? '%2F' : '/';
    const char = String.fromCharCode(code);
    return UNRESERVED.test(char) ? char : percent(code);
  });
}

/** A query parameter, name and value in AWS's encoding. */
export type EncodedParameter = readonly [name: string, value: string];

export const encodeParameter = (name: string, value: string): EncodedParameter => [
  uriEncode(name, { slash: true }),
  uriEncode(value, { slash: true }),
];

/**
 * The parameters of a raw query string, re-encoded the AWS way, in the order received. A bare name has the value '';
 * `+` is a space, as S3 and the form encoding have it.
 * @throws {S3Error} InvalidURI where an escape is broken
 */
export function parseQuery(query: string): EncodedParameter[] {
  const parameters: EncodedParameter[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    parameters.push([recodeParameter(name), recodeParameter(value)]);
  }
  return parameters;
}

const recodeParameter = (text: string) => recode(text.replaceAll('+', '%20'), { slash: true });

/** Sorted by name, then by value, as the canonical request wants it. */
export function canonicalQuery(parameters: readonly EncodedParameter[]): string {
  return parameters
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Code point order: encoded text is ASCII. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Decodes AWS's encoding; each character is one byte. */
export const decodeLatin1 = (value: string) =>
  value.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
