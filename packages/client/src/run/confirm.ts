import { storedFiles } from '../api/remote-state.ts';
import type { StoredFile } from '../api/responses.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { bareEtag } from '../transfer/etags.ts';
import type { FileOutcome } from '../transfer/upload-file.ts';
import type { Ledger } from './ledger.ts';
import type { Run } from './run.ts';

export type Confirmation =
  | {
      confirmedBy: 'listing';
      /** Files that were acknowledged, but are not what the server lists. */
      wrong: PlannedFile[];
    }
  | { confirmedBy: 'acknowledgement' };

/**
 * Compares what storage acknowledged with what the server lists: every file there, whole, and the very content.
 * @throws what listing throws.
 */
export async function confirm(run: Run, ledger: Ledger): Promise<Confirmation> {
  const uploaded = ledger.uploaded();
  if (uploaded.length === 0) return { confirmedBy: 'listing', wrong: [] };
  const listed = await storedFiles(run.api, run.signal);
  if (!listed) return { confirmedBy: 'acknowledgement' };
  const wrong = uploaded.filter(([file, outcome]) => !agrees(file, outcome, listed.get(file.name)));
  return { confirmedBy: 'listing', wrong: wrong.map(([file]) => file) };
}

function agrees(file: PlannedFile, { acknowledged }: FileOutcome, listed: StoredFile | undefined): boolean {
  if (listed?.status !== 'uploaded') return false;
  // What others may have sent by this name too, an upload token is told no more of: storage's own word has to do.
  if (listed.size === null && listed.etag === null) return true;
  if (listed.size !== file.source.size) return false;
  if (!acknowledged || listed.etag === null) return true;
  const { proof, expected, etag } = acknowledged;
  return bareEtag(listed.etag) === (proof === 'md5' ? expected : etag);
}
