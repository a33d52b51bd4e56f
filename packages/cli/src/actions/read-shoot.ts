import { type FailedFile, type FoundFile, filesOf, type Plan, SourceError } from '@darkslide/client';
import { groupShoot, type PhotoFacts, readPhoto, type Shoot, type ShootFile } from '@darkslide/photo';

/** Files that are open at once. */
const READ_AT_ONCE = 8;
/** Reading a head takes about 1 ms of processor time: with many files smaller than this, an upload would notice it. */
const LIGHT_FILE_BYTES = 500_000;
/** This many may be smaller. */
const MAX_LIGHT_FILES = 1000;

/**
 * What an upload says about its shoot. Undefined where it is not to be read, or would take long beside the upload, unless
 * something depends on it. A file that cannot be read now is the upload's to report.
 */
export async function inspectPlan(
  plan: Plan,
  { isWanted, isNeeded, signal }: { isWanted: boolean; isNeeded: boolean; signal: AbortSignal },
): Promise<Shoot | undefined> {
  const files = filesOf(plan);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const isLight = files.length > MAX_LIGHT_FILES && bytes / files.length < LIGHT_FILE_BYTES;
  if (!isNeeded && (!isWanted || isLight)) return undefined;
  return (await readShoot(files, { signal })).shoot;
}

/**
 * Reads the heads of the files and finds shots and sets. A file that cannot be read is a photo without facts, and is
 * listed in `failed` too.
 */
export async function readShoot(
  files: readonly FoundFile[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ shoot: Shoot; failed: Pick<FailedFile, 'path' | 'message'>[] }> {
  const failed: Pick<FailedFile, 'path' | 'message'>[] = [];
  const read = new Array<ShootFile>(files.length);
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      signal?.throwIfAborted();
      const at = next++;
      const { path, name, size, modifiedMs, read: range } = files[at] as FoundFile;
      const facts = await readPhoto({ size, read: range }, name).catch((error): PhotoFacts => {
        if (!(error instanceof SourceError)) throw error;
        failed.push({ path, message: error.message });
        return { kind: 'unknown', reason: error.message };
      });
      read[at] = { path, size, modifiedAtMs: modifiedMs, facts };
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return { shoot: groupShoot(read), failed };
}
