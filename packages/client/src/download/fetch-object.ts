import type { StoredFile } from '../api/responses.ts';
import { ProtocolError, TransportError } from '../base/errors.ts';
import type { Draft, Received } from '../base/ports.ts';
import type { RetryDecision } from '../base/retry.ts';
import { bareEtag } from '../transfer/etags.ts';
import { RetryDecisions } from '../transfer/retry-decision.ts';
import { readStorageResponse } from '../transfer/storage-response.ts';
import { StorageRefusal } from '../transfer/transfer-errors.ts';
import { FetchError, ReplacedError } from './download-errors.ts';
import type { Downloader, FileToFetch } from './downloader.ts';

/** An attempt that brought this many bytes was worth it, and counts as no failure. */
const WORTH_BYTES = 1024 * 1024;
/** How often in a row the name may have another object than before. */
const MOST_REPLACED = 3;
/** Refusals are short. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** An object whose bytes are all in the draft, which the caller closes. */
export type FetchedObject = { stored: Available; draft: Draft };
type Available = StoredFile & { size: number; etag: string; downloadLink: string };

/**
 * Fetches what storage has by the file's name, and goes on where an earlier attempt or run ended. A connection that
 * breaks is taken up by a fresh link.
 * @throws {FetchError | ReplacedError | StorageRefusal | TransportError | SinkError} the last attempt's error.
 */
export async function fetchObject(downloader: Downloader, file: FileToFetch): Promise<FetchedObject> {
  const { retrier, transfers, progress, signal } = downloader;
  const decisions = new RetryDecisions({ dropLink: () => {}, onCongestion: () => transfers.congested() });
  let replaced = 0;
  const decide = (error: unknown): RetryDecision => {
    if (!(error instanceof ReplacedError)) return decisions.decide(error);
    replaced += 1;
    return replaced < MOST_REPLACED ? { retry: true } : { retry: false };
  };
  for (;;) {
    const fetched = await retrier.run({
      attempt: () => fetchSome(downloader, file),
      decide,
      signal,
      onRetry: (info) => {
        progress.setState(file, 'waiting-to-retry');
        downloader.onRetry(file.name, info);
      },
    });
    if (fetched) return fetched;
    transfers.congested();
  }
}

/** One attempt. Undefined where it brought many bytes, but not all. */
async function fetchSome(downloader: Downloader, file: FileToFetch): Promise<FetchedObject | undefined> {
  const { sink, transfers, progress, signal } = downloader;
  const stored = await askStored(downloader, file);
  const draft = await sink.draft(file.place, bareEtag(stored.etag));
  let isWhole = false;
  try {
    progress.restart(file);
    if (draft.size > stored.size) await draft.restart();
    progress.addStored(file, draft.size);
    const before = draft.size;
    const weight = transfers.weightOf(stored.size - before);
    const work = () => readOn(downloader, file, { stored, draft });
    if (before < stored.size || stored.size === 0) {
      await transfers.permits.run({ priority: file.index, weight, signal }, work).catch((error) => {
        signal.throwIfAborted();
        if (!(error instanceof TransportError) || draft.size - before < WORTH_BYTES) throw error;
      });
    }
    isWhole = draft.size === stored.size;
    return isWhole ? { stored, draft } : undefined;
  } finally {
    if (!isWhole) await draft.close();
  }
}

/** @throws {FetchError} where there is nothing to fetch. */
async function askStored({ api, signal }: Downloader, { name }: FileToFetch): Promise<Available> {
  const stored = await api.file(name, { signal });
  if (stored === undefined) throw new ProtocolError('This server gives no download links.');
  const { status, size, etag, downloadLink } = stored;
  if (status === 'damaged') {
    throw new FetchError('damaged', 'The stored file is damaged: upload it again, then run the same command again.');
  }
  if (status === 'pending' || size === null || etag === null || downloadLink === null) {
    throw new FetchError('changed', 'The file was deleted while the project was fetched.');
  }
  return { ...stored, size, etag, downloadLink };
}

async function readOn(
  { transport, progress, signal }: Downloader,
  file: FileToFetch,
  { stored, draft }: FetchedObject,
): Promise<void> {
  const at = draft.size;
  const headers: Record<string, string> =
    at === 0 ? {} : { range: `bytes=${at}-`, 'if-range': `"${bareEtag(stored.etag)}"` };
  progress.setState(file, 'fetching');
  const response = await transport.receive({ url: stored.downloadLink, headers, signal });
  try {
    await checkResponse(response, { etag: stored.etag, at });
    if (response.status === 200 && at > 0) {
      await draft.restart();
      progress.addStored(file, -at);
    }
    for await (const chunk of response.chunks) {
      if (draft.size + chunk.length > stored.size) {
        throw new TransportError('invalid', `storage sends more than the ${stored.size} bytes of the file`);
      }
      await draft.write(chunk);
      progress.addSent(file, chunk.length);
    }
    if (draft.size < stored.size) throw new TransportError('reset', 'the response ended too early');
  } finally {
    response.close();
  }
}

/** @throws {StorageRefusal | ReplacedError | TransportError} where the bytes to come are not those asked for. */
async function checkResponse(response: Received, { etag, at }: { etag: string; at: number }): Promise<void> {
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    const meaning = readStorageResponse({ status, headers, text: await textOf(response) });
    if (meaning.kind === 'stored') throw new TransportError('invalid', `storage responds with status ${status}`);
    throw new StorageRefusal(meaning);
  }
  const isReplaced = headers.etag !== undefined && bareEtag(headers.etag) !== bareEtag(etag);
  if (isReplaced) throw new ReplacedError('it was replaced meanwhile');
  if (status === 206 && !headers['content-range']?.startsWith(`bytes ${at}-`)) {
    throw new TransportError('invalid', 'storage sends another range than was asked for');
  }
}

async function textOf({ chunks }: Received): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_REFUSAL_BYTES) break;
  }
  return text;
}
