import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import type { ManifestEntry } from '@darkslide/client';
import { UsageError } from './context.ts';

/** What a manifest can be written as, by the file's extension. */
const FORMATS: Record<string, (entries: readonly ManifestEntry[], about: About) => string> = {
  '.json': (entries) => `${JSON.stringify(entries.map(record), null, 2)}\n`,
  '.csv': csv,
  '.mhl': ascMhl,
};

type About = { folder: string; version: string; now: Date };

/** @throws {UsageError} for a name whose extension says nothing. */
export function checkManifestName(file: string): void {
  if (FORMATS[extname(file).toLowerCase()]) return;
  throw new UsageError(`"${file}" says no format. Name the manifest .json, .csv, or .mhl for an ASC Media Hash List.`);
}

export async function writeManifest(
  file: string,
  entries: readonly ManifestEntry[],
  { version }: { version: string },
): Promise<void> {
  checkManifestName(file);
  const about = { folder: dirname(resolve(file)), version, now: new Date() };
  try {
    await writeFile(file, FORMATS[extname(file).toLowerCase()]?.(entries, about) ?? '');
  } catch (error) {
    throw new UsageError(`The manifest could not be written: ${error instanceof Error ? error.message : error}.`);
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

/** RFC 4180. */
function csv(entries: readonly ManifestEntry[]): string {
  const cell = (value: unknown) => {
    const text = String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = ['name', 'path', 'size', 'md5', 'etag', 'modified_at', 'uploaded_at'] as const;
  const rows = entries.map(record).map((entry) => columns.map((column) => cell(entry[column])).join(','));
  return `${[columns.join(','), ...rows].join('\r\n')}\r\n`;
}

/** ASC Media Hash List 2.0 (American Society of Cinematographers). Paths are relative to the manifest's folder. */
function ascMhl(entries: readonly ManifestEntry[], { folder, version, now }: About): string {
  const hash = ({ path, size, md5, modifiedAt, uploadedAt }: ManifestEntry) => `    <hash>
      <path size="${size}" lastmodificationdate="${modifiedAt}">${xml(relative(folder, path).split(sep).join('/'))}</path>
      <md5 action="original" hashdate="${uploadedAt ?? now.toISOString()}">${md5}</md5>
    </hash>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">
  <creatorinfo>
    <creationdate>${now.toISOString()}</creationdate>
    <hostname>${xml(hostname())}</hostname>
    <tool version="${xml(version)}">darkslide</tool>
  </creatorinfo>
  <processinfo>
    <process>transfer</process>
  </processinfo>
  <hashes>
${entries.map(hash).join('')}  </hashes>
</hashlist>
`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const xml = (text: string) => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
