import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { ManifestEntry } from '@darkslide/client';

/**
 * An ASC Media Hash List 2.0 (American Society of Cinematographers, schema `ASCMHL.xsd` of its reference
 * implementation, `ascmhl`).
 *
 * Its paths are relative to the manifest's own folder if that contains all files, else to the folder that does. Either
 * path may lead through a link.
 */
export async function ascMhl(
  entries: readonly ManifestEntry[],
  { folder, version, now }: { folder: string; version: string; now: Date },
): Promise<string> {
  const paths = await relativePaths(folder, entries);
  const modified = ({ modifiedAt }: ManifestEntry) => (modifiedAt ? ` lastmodificationdate="${modifiedAt}"` : '');
  const hash = (entry: ManifestEntry, at: number) => `    <hash>
      <path size="${entry.size}"${modified(entry)}>${xml(paths[at]?.split(sep).join('/') ?? '')}</path>
      <md5 action="original" hashdate="${entry.uploadedAt ?? now.toISOString()}">${entry.md5}</md5>
    </hash>
`;
  // The schema does not allow an empty list of hashes.
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

async function relativePaths(folder: string, entries: readonly ManifestEntry[]): Promise<string[]> {
  const realFolder = await realpath(folder);
  const realFolders = new Map<string, Promise<string>>();
  const below = async (path: string) => {
    if (isBelow(folder, path)) return relative(folder, path);
    const real = realFolders.get(dirname(path)) ?? realpath(dirname(path)).catch(() => dirname(path));
    realFolders.set(dirname(path), real);
    const realFile = join(await real, basename(path));
    return isBelow(realFolder, realFile) ? relative(realFolder, realFile) : undefined;
  };
  const paths: string[] = [];
  for (const { path } of entries) {
    const found = await below(path);
    if (found === undefined) {
      const root = commonFolder(entries);
      return entries.map((entry) => relative(root, entry.path));
    }
    paths.push(found);
  }
  return paths;
}

const isBelow = (folder: string, path: string) => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

function commonFolder([first, ...others]: readonly ManifestEntry[]): string {
  let folder = dirname(first?.path ?? '');
  while (!others.every(({ path }) => isBelow(folder, path)) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** Control characters that XML cannot express. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const xml = (text: string) =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? '');
