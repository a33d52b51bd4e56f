/** What a path says: its folder, its name, the name without its last extension, all in lower case but the path. */
export type Named = { path: string; folder: string; name: string; stem: string; extension: string };

export function named(path: string): Named {
  const plain = path.replaceAll('\\', '/').toLowerCase();
  const slash = plain.lastIndexOf('/');
  const name = plain.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ''];
  return { path, folder: plain.slice(0, Math.max(slash, 0)), name, stem, extension };
}

/** Pixel phones put more behind a photo's name, after a dot: `PXL_….RAW-01.COVER.jpg`. */
export const shotStem = ({ stem }: Named): string =>
  stem.replace(/(\.raw-\d+)?(\.mp)?\.(cover|original|mp)$|\.mp$/, '');

/** After 9999 comes 0001. */
export const LAST_NUMBER = 9999;

/**
 * The number that a camera gave: the last four of the eight characters that its standard allows (JEITA CP-3461), or
 * that of a drone, behind its time.
 */
export function cameraNumber(stem: string): { prefix: string; number: number } | undefined {
  const found = /^([a-z0-9_]{4})(\d{4})$/.exec(stem) ?? /^(dji_)\d{14}_(\d{4})(?:_[a-z0-9]+)?$/.exec(stem);
  const number = Number(found?.[2]);
  return found && number > 0 ? { prefix: prefixOf(found[1] as string), number } : undefined;
}

/** Panasonic and Olympus put folder or date into the prefix; `_dsc` is `dsc_` in another colour space. */
function prefixOf(prefix: string): string {
  if (/^p[0-9a-c]\d\d$/.test(prefix)) return 'p';
  return prefix === '_dsc' ? 'dsc_' : prefix.startsWith('_') ? prefix.slice(1) : prefix;
}

const SIDECARS = new Set('xmp acr dop cos cot cop pp3 arp on1 onphoto aae nksc thm wav lrf srt lrv vrd dr4'.split(' '));
const VIDEOS = new Set('mov mp4 m4v avi mts'.split(' '));

export const isSidecar = ({ extension }: Named) => SIDECARS.has(extension);
export const isVideo = ({ extension }: Named) => VIDEOS.has(extension);

/** Folders that programs make for their sidecars, below the photos'. */
const SIDECAR_FOLDERS = /\/?(captureone\/settings[^/]*|captureone\/cache[^/]*|nksc_param|\.?xmp|sidecars?|settings)$/;

/** Where a sidecar's photo is to be looked for, the nearest first. */
export function foldersOf({ folder }: Named): string[] {
  const above = folder.replace(SIDECAR_FOLDERS, '');
  return above === folder ? [folder] : [folder, above];
}

/** Without the number that darktable gives to further versions, and what phones and copies put behind. */
export const withoutVersion = (stem: string): string => stem.replace(/_\d\d(?=\.|$)/, '');

/** Whether a name was made from another: a copy of it, or an edited version. */
export function isNameOfCopy(stem: string, of: string): boolean {
  if (stem === of || !stem.includes(of)) return false;
  const rest = stem.replace(of, '');
  return !/^\d/.test(rest) && /^[ _\-~(.]|copy|kopie|edit|bearbeitet|final|hdr|[ _\-~(]$/.test(rest);
}

export const isNameOfResult = ({ stem, folder }: Named): boolean =>
  /(^|[^a-z])(hdr|tmo|tonemap\w*|merged?|fusion|enfused?|pano\w*|stacked)([^a-z]|$)/.test(stem) ||
  /(^|\/)(edits?|edited|results?|merged|hdr)(\/|$)/.test(folder);
