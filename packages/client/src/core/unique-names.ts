import { canonicalFileName } from '@darkslide/contract';
import type { Source } from './ports.ts';

/**
 * Names for files of which some are called the same: those, and what belongs to them (a sidecar of the same stem in
 * the same folder), get their folder's name in front, `CARD1_DSC_0001.NEF`. Where the folders are called the same too,
 * the folder above comes in front of that, and so on. Depends on the paths alone, so a repeated run gives the same
 * names.
 */
export function namesByFolder(sources: readonly Source[]): { name: string; source: Source }[] {
  const files = sources.map((source) => ({ source, name: canonicalFileName(source.name), ...place(source) }));
  const stemsToRename = new Set<string>();
  for (const group of Map.groupBy(files, ({ name }) => name).values()) {
    if (group.length > 1) for (const { stem } of group) stemsToRename.add(stem);
  }
  // Files that share a stem's last part share the number of folders too, so a photo and its sidecar stay together.
  const depths = new Map<string, number>();
  const renamed = files.filter(({ stem }) => stemsToRename.has(stem));
  for (const [shortStem, group] of Map.groupBy(renamed, ({ shortStem }) => shortStem)) {
    depths.set(shortStem, depthThatTellsApart(group.map(({ folders }) => folders)));
  }
  return files.map(({ source, name, folders, stem, shortStem }) => {
    if (!stemsToRename.has(stem)) return { name, source };
    const prefix = folders.slice(-(depths.get(shortStem) ?? 1));
    return { name: [...prefix, name].map(canonicalFileName).join('_'), source };
  });
}

function place(source: Source): { folders: string[]; stem: string; shortStem: string } {
  const segments = source.path.split(/[/\\]/).filter((segment) => segment !== '' && segment !== '.');
  const folders = segments.slice(0, -1);
  const dot = source.name.lastIndexOf('.');
  const shortStem = canonicalFileName(dot > 0 ? source.name.slice(0, dot) : source.name);
  return { folders, shortStem, stem: `${folders.join('/')}/${shortStem}` };
}

/** How many of the last folders it takes until different folders have different names. */
function depthThatTellsApart(folders: readonly string[][]): number {
  const different = new Set(folders.map((path) => path.join('/'))).size;
  const deepest = Math.max(...folders.map((path) => path.length));
  for (let depth = 1; depth < deepest; depth += 1) {
    if (new Set(folders.map((path) => path.slice(-depth).join('_'))).size === different) return depth;
  }
  return deepest;
}
