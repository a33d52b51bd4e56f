import { storedFiles } from '../api/remote-state.ts';
import { RefusedError } from '../base/errors.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { compareWithStored } from './compare.ts';
import type { Destination } from './destination.ts';
import { bareEtag, etagShape } from './etags.ts';
import { FileExistsError, type Receipt, StorageRefusal } from './transfer-errors.ts';

/** Whether a file was refused because the project already contains its name. */
export const isExistsError = (error: unknown) =>
  (error instanceof StorageRefusal && error.response.kind === 'exists') ||
  (error instanceof RefusedError && error.code === 'file_exists');

/**
 * Whether the existing file is this very file: then an earlier attempt succeeded, and its response was lost.
 * @throws {FileExistsError} where it is another file, or that cannot be found out.
 */
export async function matchExisting(
  { api, journal, md5 }: Destination,
  { name, source }: PlannedFile,
  signal: AbortSignal,
): Promise<Receipt> {
  const stored = (await storedFiles(api, signal))?.get(name);
  if (stored?.status !== 'uploaded' || stored.etag === null) {
    throw new FileExistsError(
      'The project already contains a file with this name, which an upload token can neither replace nor read. It was not changed; upload this file under another name.',
    );
  }
  const etag = bareEtag(stored.etag);
  const partSize = journal.recallUpload(name, source)?.partSize;
  const comparison = await compareWithStored({ source, stored, md5, partSize, signal });
  if (comparison === 'different') {
    throw new FileExistsError(
      'The project already contains another file with this name, and an upload token cannot replace it. It was not changed; upload this file under another name, or ask for the other one to be deleted.',
    );
  }
  const isMd5 = etagShape(etag).kind === 'md5';
  return { expected: etag, etag, md5: isMd5 ? etag : null, proof: comparison === 'same' ? 'md5' : 'size' };
}
