import { posix } from 'node:path';

/**
 * Folders that systems, network storages and programs keep: bins, snapshots, previews, and libraries whose photos the
 * program exports. Names in lower case; those that begin with a dot need no entry. Patterns with a slash are compared
 * with the end of the path.
 */
const SKIPPED = [
  // Windows
  ...['$recycle.bin', 'recycler', 'recycled', 'system volume information'],
  // macOS
  ...['__macosx', 'network trash folder', 'temporary items', 'thevolumesettingsfolder'],
  // Linux and Android
  ...['lost+found', 'lost.dir'],
  // Synology, QNAP, NetApp, GoodSync
  ...['@eadir', '#recycle', '#snapshot', '@tmp', '@sharebin', '@recycle', '@recently-snapshot', '@__thumb'],
  ...['~snapshot', '_gsdata_'],
  // Lightroom
  ...['*.lrdata', '*.lrcat-data', '*.lrlibrary'],
  // Apple Photos, iPhoto, Aperture
  ...['*.photoslibrary', '*.photolibrary', '*.migratedphotolibrary', '*.aplibrary', '*.migratedaplibrary'],
  ...['ipod photo cache'],
  // Capture One
  ...['*.cocatalog', 'captureone/cache*'],
];

const WITH_PATTERN = SKIPPED.filter((entry) => /[*/]/.test(entry));
const BY_NAME = new Set(SKIPPED.filter((entry) => !/[*/]/.test(entry)));

/** Whether a folder belongs to a system or a program. @param relative its path, with slashes. */
export function isSkippedFolder(relative: string): boolean {
  const path = relative.toLowerCase();
  const name = posix.basename(path);
  if (name.startsWith('.') || BY_NAME.has(name)) return true;
  return WITH_PATTERN.some((pattern) => posix.matchesGlob(pattern.includes('/') ? lastTwo(path) : name, pattern));
}

const lastTwo = (path: string) => path.split('/').slice(-2).join('/');

/** Files that systems keep beside photos. No photographer misses them, so they are not counted either. */
export const isSystemFile = (name: string): boolean =>
  name.startsWith('._') || ['.ds_store', 'thumbs.db', 'desktop.ini', '.localized'].includes(name.toLowerCase());
