import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { ManifestEntry } from '@darkslide/client';
import { UsageError } from '../base/context.ts';
import { ascMhl } from './asc-mhl.ts';

type Format = (
  entries: readonly ManifestEntry[],
  about: { folder: string; version: string },
) => string | Promise<string>;

/** What a manifest can be written as, by the file's extension. */
const FORMATS: Record<string, Format> = {
  '.json': (entries) => `${JSON.stringify(entries.map(record), null, 2)}\n`,
  '.csv': csv,
  '.mhl': (entries, about) => ascMhl(entries, { ...about, now: new Date() }),
};

const formatOf = (file: string) => FORMATS[extname(file).toLowerCase()];

/**
 * Finds out before anything is sent that the manifest can be written.
 * @throws {UsageError} for a name whose extension says nothing, and a place where nothing can be written.
 */
export async function checkManifest(file: string): Promise<void> {
  if (!formatOf(file)) {
    throw new UsageError(
      `"${file}" says no format. Name the manifest .json, .csv, or .mhl for an ASC Media Hash List.`,
    );
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) throw new UsageError(`The manifest can't be written: "${file}" is a folder. Give a file's name.`);
  const folder = dirname(resolve(file));
  await access(folder, constants.W_OK).catch((error) => {
    const reason = error.code === 'ENOENT' ? 'is not there' : `can't be written to (${error.code})`;
    throw new UsageError(`The manifest can't be written: the folder ${folder} ${reason}. Make it, or choose another.`);
  });
}

/** Writes it beside, then puts it in its place: an older manifest stays whole until then. @throws what writing throws. */
export async function writeManifest(
  file: string,
  entries: readonly ManifestEntry[],
  { version }: { version: string },
): Promise<void> {
  const text = await formatOf(file)?.(entries, { folder: dirname(resolve(file)), version });
  const beside = `${file}.${process.pid}.part`;
  try {
    await writeFile(beside, text ?? '');
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
}

const record = ({ name, path, size, md5, etag, modifiedAt, uploadedAt }: ManifestEntry) => ({
  name,
  path,
  size,
  md5,
  etag,
  modified_at: modifiedAt,
  uploaded_at: uploadedAt,
});

/**
 * What a spreadsheet would run as a formula, or take for a number or a date and write differently; and what begins with
 * the sign that tells it not to.
 */
const NOT_TEXT = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20']|^[\d.,:/-]*\d(e\d+)?$/i;

/** RFC 4180, as spreadsheets read it: in UTF-8 by its mark, text that is not to be text for them behind a `'`. */
function csv(entries: readonly ManifestEntry[]): string {
  const cell = (value: string | number | null) => {
    const text = typeof value === 'string' && NOT_TEXT.test(value) ? `'${value}` : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = ['name', 'path', 'size', 'md5', 'etag', 'modified_at', 'uploaded_at'] as const;
  const rows = entries.map(record).map((entry) => columns.map((column) => cell(entry[column])).join(','));
  return `\ufeff${[columns.join(','), ...rows].join('\r\n')}\r\n`;
}
