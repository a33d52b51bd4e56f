import { apiError } from '@darkslide/contract';

/** A cursor says after what the next page begins; to clients it is a word without meaning. */
export function writeCursor(after: string | number | undefined): string | null {
  return after === undefined ? null : Buffer.from(String(after)).toString('base64url');
}

/** @throws {ApiError} invalid_request */
export function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const after = Buffer.from(cursor, 'base64url').toString();
  // What decoding has to repair was not written by us. A database does not take a NUL as text.
  if (writeCursor(after) !== cursor || after.includes('\0')) throw invalid();
  return after;
}

/** @throws {ApiError} invalid_request */
export function readNumberCursor(cursor: string | undefined): number {
  const after = Number(readCursor(cursor));
  if (!Number.isSafeInteger(after)) throw invalid();
  return after;
}

const invalid = () =>
  apiError('invalid_request', { problem: 'cursor is not one that this API returned as next_cursor' });
