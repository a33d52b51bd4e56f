import type { ProjectApi } from '../api/project-api.ts';
import { storedFiles } from '../api/remote-state.ts';
import type { StoredFile } from '../api/responses.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { bareEtag } from '../transfer/etags.ts';
import type { FileOutcome } from '../transfer/upload-file.ts';
import type { Ledger } from './ledger.ts';

export type Confirmation =
  | {
      confirmedBy: 'listing';
      /** Files that storage took, but that the server's list does not have, or has with other content. */
      wrong: PlannedFile[];
    }
  | { confirmedBy: 'acknowledgement' };

/**
 * Compares the uploaded files with the server's list: each must be there, with the same size and content.
 * @throws what the listing throws.
 */
export async function confirm(api: ProjectApi, ledger: Ledger, signal: AbortSignal): Promise<Confirmation> {
  const uploaded = ledger.uploaded();
  if (uploaded.length === 0) return { confirmedBy: 'listing', wrong: [] };
  const listed = await storedFiles(api, signal);
  if (!listed) return { confirmedBy: 'acknowledgement' };
  const wrong = uploaded.filter(([file, outcome]) => !agrees(file, outcome, listed.get(file.name)));
  return { confirmedBy: 'listing', wrong: wrong.map(([file]) => file) };
}

function agrees(file: PlannedFile, { receipt }: FileOutcome, listed: StoredFile | undefined): boolean {
  if (listed?.status !== 'uploaded') return false;
  // An upload token learns nothing of a file that others may have uploaded: storage's own response must do.
  if (listed.size === null && listed.etag === null) return true;
  if (listed.size !== file.source.size) return false;
  if (!receipt || listed.etag === null) return true;
  const { proof, expected, etag } = receipt;
  return bareEtag(listed.etag) === (proof === 'md5' ? expected : etag);
}
