/**
 * The order in which a camera wrote them: folder by folder, numbers as numbers (IMG_2 before IMG_10), a sidecar
 * beside its photo. The same on every machine, whatever its language; made without `Intl.Collator`, whose data alone
 * takes 70 ms to load.
 */
export function compareInCameraOrder(a: string, b: string): number {
  const [folderA, fileA] = split(a);
  const [folderB, fileB] = split(b);
  const byFolder = compareNaturally(folderA, folderB) || compareExactly(folderA, folderB);
  return byFolder || compareNaturally(fileA, fileB) || compareExactly(a, b);
}

function split(path: string): [string, string] {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}

/** Digits in a row count as one number, letters without their case. */
function compareNaturally(a: string, b: string): number {
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  for (let at = 0; at < Math.min(runsA.length, runsB.length); at += 1) {
    const order = compareRuns(runsA[at] as string, runsB[at] as string);
    if (order !== 0) return order;
  }
  return runsA.length - runsB.length;
}

const runsOf = (text: string) => text.toLowerCase().match(/\d+|\D+/g) ?? [];

function compareRuns(a: string, b: string): number {
  const isNumber = /^\d/;
  if (!isNumber.test(a) || !isNumber.test(b)) return compareExactly(a, b);
  const [digitsA, digitsB] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return digitsA.length - digitsB.length || compareExactly(digitsA, digitsB);
}

const compareExactly = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
