import { storedFiles } from '../api/remote-state.ts';
import { RefusedError } from '../base/errors.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Acknowledged, Run } from '../run/run.ts';
import { compareWithStored } from './compare.ts';
import { bareEtag, etagShape } from './etags.ts';
import { StorageRefusal } from './send-range.ts';

/** The project holds a file by this name, and it stays: an upload token replaces none. */
export class ExistsError extends Error {}

/** Whether a file was refused because there is one by its name. */
export const saysExists = (error: unknown) =>
  (error instanceof StorageRefusal && error.answer.kind === 'exists') ||
  (error instanceof RefusedError && error.code === 'file_exists');

/**
 * Whether the file that stands in the way is this very file: then an earlier attempt succeeded, and its answer was lost.
 * @throws {ExistsError} where it is another one, or that can't be told.
 */
export async function settleExisting(run: Run, { name, source }: PlannedFile): Promise<Acknowledged> {
  const stored = (await storedFiles(run.api, run.signal))?.get(name);
  if (stored?.status !== 'uploaded' || stored.etag === null) {
    throw new ExistsError(
      'The project holds a file by this name, which an upload token neither replaces nor looks at. It was left as it is; send this one under another name.',
    );
  }
  const etag = bareEtag(stored.etag);
  const partSize = run.journal.recallUpload(name, source)?.partSize;
  const { md5 } = run.ports;
  const verdict = await compareWithStored({ source, stored, md5, partSize, signal: run.signal });
  if (verdict === 'different') {
    throw new ExistsError(
      'The project holds another file by this name, and an upload token replaces none. It was left as it is; send this one under another name, or have the other one deleted first.',
    );
  }
  const isMd5 = etagShape(etag).kind === 'md5';
  return { expected: etag, etag, md5: isMd5 ? etag : null, proof: verdict === 'same' ? 'md5' : 'size' };
}
