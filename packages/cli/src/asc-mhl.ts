import { hostname } from 'node:os';
import { dirname, relative, sep } from 'node:path';
import type { ManifestEntry } from '@darkslide/client';

/**
 * An ASC Media Hash List 2.0 (American Society of Cinematographers, schema `ASCMHL.xsd` of its reference
 * implementation, `ascmhl`).
 *
 * Its paths are relative, and begin at the manifest's own folder; where that is not above every file, at the folder
 * that is.
 */
export function ascMhl(
  entries: readonly ManifestEntry[],
  { folder, version, now }: { folder: string; version: string; now: Date },
): string {
  const root = entries.every(({ path }) => isBelow(folder, path)) ? folder : commonFolder(entries);
  const hash = ({ path, size, md5, modifiedAt, uploadedAt }: ManifestEntry) => `    <hash>
      <path size="${size}" lastmodificationdate="${modifiedAt}">${xml(relative(root, path).split(sep).join('/'))}</path>
      <md5 action="original" hashdate="${uploadedAt ?? now.toISOString()}">${md5}</md5>
    </hash>
`;
  // The schema allows no list of hashes that is empty.
  const hashes = entries.length === 0 ? '' : `  <hashes>\n${entries.map(hash).join('')}  </hashes>\n`;
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
${hashes}</hashlist>
`;
}

const isBelow = (folder: string, path: string) => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

function commonFolder([first, ...others]: readonly ManifestEntry[]): string {
  let folder = dirname(first?.path ?? '');
  while (!others.every(({ path }) => isBelow(folder, path)) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** XML has no way to write the other control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const xml = (text: string) =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? '');
