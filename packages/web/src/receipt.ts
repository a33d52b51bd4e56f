import type { FileResult } from '@darkslide/client/browser';
import type { Place } from './sets.ts';

type PlaceOf = (path: string) => Place | undefined;

const record = (result: FileResult, place: Place | undefined) => ({
  name: result.name,
  path: result.path,
  size: result.size,
  status: result.status,
  md5: result.status === 'uploaded' ? result.md5 : null,
  etag: result.status === 'failed' ? null : result.etag,
  uploaded_at: result.status === 'uploaded' ? result.uploadedAt : null,
  message: result.status === 'failed' ? result.message : null,
  set: place?.set.id ?? null,
  position: place?.set.frames[place.frame]?.position ?? null,
});

const COLUMNS = ['name', 'path', 'size', 'status', 'md5', 'etag', 'uploaded_at', 'message', 'set', 'position'] as const;

/** Text that a spreadsheet would run as a formula, or take for a number or a date. */
const NOT_TEXT = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20']|^[\d.,:/-]*\d(e\d+)?$/i;

/** What became of every file, and its place in its set, as a file to keep. */
export function receipt(results: readonly FileResult[], placeOf: PlaceOf, format: 'json' | 'csv'): string {
  const records = results.map((result) => record(result, placeOf(result.path)));
  if (format === 'json') return `${JSON.stringify(records, null, 2)}\n`;
  const cell = (value: string | number | null) => {
    const text = typeof value === 'string' && NOT_TEXT.test(value) ? `'${value}` : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = records.map((entry) => COLUMNS.map((column) => cell(entry[column])).join(','));
  return `\ufeff${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
