import type { ManifestEntry } from './manifest.ts';

/**
 * An ASC Media Hash List 2.0 (American Society of Cinematographers, schema `ASCMHL.xsd` of its reference
 * implementation, `ascmhl`).
 * @param entries with paths relative to where the list is to be, parts apart by `/`.
 */
export function mhlDocument(
  entries: readonly ManifestEntry[],
  { host, version, now }: { host: string; version: string; now: Date },
): string {
  const modified = ({ modifiedAt }: ManifestEntry) => (modifiedAt ? ` lastmodificationdate="${modifiedAt}"` : '');
  const hash = (entry: ManifestEntry) => `    <hash>
      <path size="${entry.size}"${modified(entry)}>${xml(entry.path)}</path>
      <md5 action="original" hashdate="${entry.uploadedAt ?? now.toISOString()}">${entry.md5}</md5>
    </hash>
`;
  // The schema does not allow an empty list of hashes.
  const hashes = entries.length === 0 ? '' : `  <hashes>\n${entries.map(hash).join('')}  </hashes>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">
  <creatorinfo>
    <creationdate>${now.toISOString()}</creationdate>
    <hostname>${xml(host)}</hostname>
    <tool version="${xml(version)}">darkslide</tool>
  </creatorinfo>
  <processinfo>
    <process>transfer</process>
  </processinfo>
${hashes}</hashlist>
`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** Control characters that XML cannot express. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const xml = (text: string) =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? '');
