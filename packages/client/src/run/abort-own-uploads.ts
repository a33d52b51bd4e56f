import { openUploads } from '../api/remote-state.ts';
import type { OpenUpload } from '../api/responses.ts';
import type { Run } from './run.ts';
import type { Session } from './session.ts';

/**
 * Leaves no multipart upload of ours open for a file that is in storage: none that this run or one before it sent to,
 * and none whose start was answered into the void. What another machine is sending by the same name stays, and so does
 * what arrived of a file that failed: the next run goes on with it. Failing at it
 * costs nothing: servers sweep idle uploads.
 */
export async function sweep({ run, ledger, usedParts }: Session): Promise<void> {
  if (!usedParts() || run.signal.aborted) return;
  try {
    const arrived = ledger.results().filter(({ status }) => status !== 'failed');
    const sizes = new Map(arrived.map(({ name, size }) => [name, size]));
    for (const [name, uploads] of await openUploads(run.api, run.signal)) {
      for (const upload of uploads) {
        if (!sizes.has(name) || !(await isOurs(run, upload, sizes.get(name)))) continue;
        await run.api.abortUpload(upload.uploadId, { key: upload.key, signal: run.signal }).catch(() => {});
      }
    }
  } catch {
    // Nothing depends on it.
  }
}

/** An upload that nobody knows and that holds nothing may be anyone's: ending it costs its owner no byte in storage. */
async function isOurs(run: Run, { uploadId, size }: OpenUpload, ourSize: number | undefined): Promise<boolean> {
  if (run.journal.knowsUpload(uploadId)) return true;
  if (size !== ourSize) return false;
  return (await run.api.upload(uploadId, { signal: run.signal }))?.parts.length === 0;
}
