const names = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/**
 * The order in which a camera wrote them: folder by folder, numbers as numbers (IMG_2 before IMG_10), a sidecar
 * beside its photo. The same for every machine, whatever its language.
 */
export function compareInCameraOrder(a: string, b: string): number {
  const [folderA, fileA] = split(a);
  const [folderB, fileB] = split(b);
  if (folderA !== folderB) return names.compare(folderA, folderB) || compareExactly(folderA, folderB);
  return names.compare(fileA, fileB) || compareExactly(fileA, fileB);
}

function split(path: string): [string, string] {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}

const compareExactly = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
