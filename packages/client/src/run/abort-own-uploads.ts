import type { ProjectApi } from '../api/project-api.ts';
import { openUploads } from '../api/remote-state.ts';
import type { OpenUpload } from '../api/responses.ts';
import type { Destination } from '../transfer/destination.ts';
import type { Ledger } from './ledger.ts';

/**
 * Aborts our multipart uploads of files that are uploaded: those of this run and earlier ones, and those whose start
 * response was lost. What another machine sends by the same name stays, and so do the parts of a file that failed: the
 * next run continues them. A failure costs nothing: servers abort idle uploads.
 */
export async function abortOwnUploads(
  { api, journal }: Pick<Destination, 'api' | 'journal'>,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  try {
    const done = ledger.results().filter(({ status }) => status !== 'failed');
    const sizes = new Map(done.map(({ name, size }) => [name, size]));
    for (const [name, uploads] of await openUploads(api, signal)) {
      const size = sizes.get(name);
      if (size === undefined) continue;
      for (const upload of uploads) {
        const isOurs =
          journal.knowsUpload(upload.uploadId) || (upload.size === size && (await isEmpty(api, upload, signal)));
        if (isOurs) await api.abortUpload(upload.uploadId, { key: upload.key, signal }).catch(() => {});
      }
    }
  } catch {
    // Nothing depends on it.
  }
}

/** An unknown upload without parts may be another client's: aborting it costs its owner no byte in storage. */
async function isEmpty(api: ProjectApi, { uploadId }: OpenUpload, signal: AbortSignal): Promise<boolean> {
  return (await api.upload(uploadId, { signal }))?.parts.length === 0;
}
