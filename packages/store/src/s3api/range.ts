import { S3Error } from '@darkslide/s3wire';

/** Bytes [from, to) of an object. */
export type Range = { from: number; to: number };

/**
 * Reads a Range header for an object of `size` bytes. Undefined asks for the whole object: so does a header that is
 * not a single byte range, as RFC 9110 (14.2) and S3 have it.
 * @throws {S3Error} InvalidRange where no byte would be left
 */
export function parseRange(text: string | undefined, size: number): Range | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const range =
    first === ''
      ? { from: Math.max(0, size - Number(last)), to: size }
      : { from: Number(first), to: last === '' ? size : Math.min(size, Number(last) + 1) };
  if (range.from < range.to) return range;
  throw new S3Error('InvalidRange', { details: { RangeRequested: text ?? '', ActualObjectSize: String(size) } });
}
