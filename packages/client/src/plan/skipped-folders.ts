/**
 * Folders that systems, network storages and programs keep: bins, snapshots, previews, and libraries whose photos the
 * program exports. Names in lower case; those that begin with a dot need no entry.
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
  // iPhoto
  'ipod photo cache',
];

const SKIPPED_ENDINGS = [
  // Lightroom
  ...['.lrdata', '.lrcat-data', '.lrlibrary'],
  // Apple Photos, iPhoto, Aperture
  ...['.photoslibrary', '.photolibrary', '.migratedphotolibrary', '.aplibrary', '.migratedaplibrary'],
  // Capture One
  '.cocatalog',
];

/** Capture One keeps its previews below the folder of the photos. */
const CAPTURE_ONE_CACHE = /(^|\/)captureone\/cache[^/]*$/;

const BY_NAME = new Set(SKIPPED);

/** Whether a folder belongs to a system or a program. @param relative its path, with slashes. */
export function isSkippedFolder(relative: string): boolean {
  const path = relative.toLowerCase();
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('.') || BY_NAME.has(name) || CAPTURE_ONE_CACHE.test(path)) return true;
  return SKIPPED_ENDINGS.some((ending) => name.endsWith(ending));
}

/** Files that systems keep beside photos. No photographer misses them, so they are not counted either. */
export const isSystemFile = (name: string): boolean =>
  name.startsWith('._') || ['.ds_store', 'thumbs.db', 'desktop.ini', '.localized'].includes(name.toLowerCase());
