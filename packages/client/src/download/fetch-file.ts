import { SinkError } from '../base/errors.ts';
import type { Source } from '../base/ports.ts';
import { compareWithStored } from '../transfer/compare.ts';
import { concernsAll } from '../transfer/concerns-all.ts';
import { bareEtag } from '../transfer/etags.ts';
import { subjectOf } from '../transfer/failed-file.ts';
import { SIZES_ONLY } from '../transfer/upload-file.ts';
import { FetchError, unfetched } from './download-errors.ts';
import type { Downloader, FileToFetch } from './downloader.ts';
import { fetchObject } from './fetch-object.ts';
import type { DownloadResult } from './results.ts';

/** How often a file is fetched whose bytes are not those that storage took. */
const MOST_FETCHES = 2;

/**
 * Fetches one file, or finds out why that is not possible. Does not throw for an error of this file alone.
 * @throws what concerns the whole run: a refusal of everything, an outage, a full disk, or the signal's reason.
 */
export async function fetchFile(downloader: Downloader, file: FileToFetch): Promise<DownloadResult> {
  const { sink, signal, retrier } = downloader;
  try {
    const problem = sink.nameProblem(file.name);
    if (problem !== undefined) throw new FetchError('invalid-name', `The name ${problem}, so it was not fetched.`);
    return (await settleByLocal(downloader, file)) ?? (await fetchWhole(downloader, file));
  } catch (error) {
    signal.throwIfAborted();
    if (concernsAll(retrier, error) || (error instanceof SinkError && error.kind === 'full')) throw error;
    return unfetched(file, error);
  }
}

/** The result of a file that is in the folder already; undefined where it has to be fetched. */
async function settleByLocal(
  { sink, md5, overwrite, notice, signal }: Downloader,
  file: FileToFetch,
): Promise<DownloadResult | undefined> {
  const source = await sink.find(file.place);
  if (!source) return undefined;
  const { stored } = file;
  const comparison = await compareWithStored({ source, stored, md5, signal });
  if (comparison === 'different') {
    if (overwrite) return undefined;
    throw new FetchError('conflict', conflictMessage(stored.size, source));
  }
  const proof = proofOf(comparison, notice);
  return { status: 'skipped', reason: 'already-here', ...subjectOf(file), etag: bareEtag(stored.etag ?? ''), proof };
}

function proofOf(comparison: 'same' | 'unknown', notice: Downloader['notice']): 'md5' | 'size' {
  if (comparison === 'unknown') notice(SIZES_ONLY);
  return comparison === 'same' ? 'md5' : 'size';
}

const conflictMessage = (stored: number | null, { size }: Source) =>
  `Another file of this name is here, ${stored === size ? 'of the same size but with other content' : `of ${size} bytes; the stored one has ${stored}`}. It was not changed. Use another folder, or --overwrite.`;

async function fetchWhole(downloader: Downloader, file: FileToFetch): Promise<DownloadResult> {
  const { md5, progress, overwrite, notice, signal } = downloader;
  for (let fetches = 1; ; fetches += 1) {
    const { stored, draft } = await fetchObject(downloader, file);
    try {
      progress.setState(file, 'completing');
      const comparison = await compareWithStored({ source: await draft.source(), stored, md5, signal });
      if (comparison !== 'different') {
        const proof = proofOf(comparison, notice);
        await draft.publish({ modifiedMs: file.capturedMs, overwrite });
        const { size } = stored;
        return { status: 'downloaded', ...subjectOf(file), size, etag: bareEtag(stored.etag), proof };
      }
      await draft.remove();
    } finally {
      await draft.close();
    }
    if (fetches === MOST_FETCHES) throw new FetchError('mismatch', MISMATCH);
  }
}

const MISMATCH =
  'What came is not what was uploaded, also when fetched again: the file is damaged in storage or on its way. Nothing was kept of it.';
