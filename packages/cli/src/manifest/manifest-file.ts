import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { ManifestEntry } from '@darkslide/client';
import { UsageError } from '../base/context.ts';
import { ascMhl } from './asc-mhl.ts';
import type { ShotOfFile } from './with-shots.ts';

type Format = (
  entries: readonly (ManifestEntry & ShotOfFile)[],
  about: { folder: string; version: string },
) => string | Promise<string>;

/** The formats of a manifest, by the file's extension. */
const FORMATS: Record<string, Format> = {
  '.json': (entries) => `${JSON.stringify(entries.map(record), null, 2)}\n`,
  '.csv': csv,
  '.mhl': (entries, about) => ascMhl(entries, { ...about, now: new Date() }),
};

const formatOf = (file: string) => FORMATS[extname(file).toLowerCase()];

/**
 * Checks before anything is sent that the manifest can be written.
 * @throws {UsageError} The extension is unknown, or nothing can be written at that place.
 */
export async function checkManifest(file: string): Promise<void> {
  if (!formatOf(file)) {
    throw new UsageError(
      `Unknown manifest format: "${file}". Use the extension .json, .csv, or .mhl for an ASC Media Hash List.`,
    );
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) throw new UsageError(`The manifest cannot be written: "${file}" is a folder. Use the name of a file.`);
  const folder = dirname(resolve(file));
  await access(folder, constants.W_OK).catch((error) => {
    const reason = error.code === 'ENOENT' ? 'does not exist' : `is not writable (${error.code})`;
    throw new UsageError(
      `The manifest cannot be written: the folder ${folder} ${reason}. Create it, or choose another one.`,
    );
  });
}

/**
 * Writes a temporary file, then renames it: an older manifest stays whole until then.
 * @throws {Error} The file cannot be written.
 */
export async function writeManifest(
  file: string,
  entries: readonly (ManifestEntry & ShotOfFile)[],
  { version }: { version: string },
): Promise<void> {
  const text = await formatOf(file)?.(entries, { folder: dirname(resolve(file)), version });
  const temporary = `${file}.${process.pid}.part`;
  try {
    await writeFile(temporary, text ?? '');
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

const record = ({ name, path, size, md5, etag, modifiedAt, uploadedAt, ...place }: ManifestEntry & ShotOfFile) => ({
  name,
  path,
  size,
  md5,
  etag,
  modified_at: modifiedAt,
  uploaded_at: uploadedAt,
  shot: place.shot,
  set: place.set,
  position: place.position,
  captured_at: place.capturedAt,
});

/**
 * Text that a spreadsheet would run as a formula, or take for a number or a date and write differently; and text that
 * begins with the sign that prevents this.
 */
const NOT_TEXT = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20']|^[\d.,:/-]*\d(e\d+)?$/i;

const COLUMNS = [
  ...(['name', 'path', 'size', 'md5', 'etag', 'modified_at', 'uploaded_at'] as const),
  ...(['shot', 'set', 'position', 'captured_at'] as const),
];

/** RFC 4180, as spreadsheets read it: UTF-8 with its mark, and a `'` before text that they would take for something else. */
function csv(entries: readonly (ManifestEntry & ShotOfFile)[]): string {
  const cell = (value: string | number | null) => {
    const text = typeof value === 'string' && NOT_TEXT.test(value) ? `'${value}` : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = entries.map(record).map((entry) => COLUMNS.map((column) => cell(entry[column])).join(','));
  return `\ufeff${[COLUMNS.join(','), ...rows].join('\r\n')}\r\n`;
}
