import { type FailedFile, type FoundFile, SourceError } from '@darkslide/client';
import { groupShoot, type PhotoFacts, readPhoto, type Shoot, type ShootFile } from '@darkslide/photo';

/** Files that are open at once. */
const READ_AT_ONCE = 8;

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
