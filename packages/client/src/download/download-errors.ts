import { SinkError, SourceError, TransportError } from '../base/errors.ts';
import { RESUME, refusalOf, subjectOf } from '../transfer/failed-file.ts';
import { StorageRefusal } from '../transfer/transfer-errors.ts';
import type { FileToFetch } from './downloader.ts';
import type { DownloadFailureReason, UnfetchedFile } from './results.ts';

/** This file can't be fetched, for a reason of its own. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly reason: DownloadFailureReason;

  constructor(reason: DownloadFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The name has another object since the one before was fetched in part. */
export class ReplacedError extends Error {
  override readonly name = 'ReplacedError';
}

/** The result of a file whose download threw `error`. */
export const unfetched = (file: FileToFetch, error: unknown): UnfetchedFile => ({
  status: 'failed',
  ...subjectOf(file),
  reason: reasonOf(error),
  message: messageOf(error),
});

function reasonOf(error: unknown): DownloadFailureReason {
  if (error instanceof FetchError) return error.reason;
  if (error instanceof ReplacedError) return 'changed';
  if (error instanceof SinkError) return error.kind === 'taken' ? 'conflict' : error.kind;
  if (error instanceof SourceError) return 'unreadable';
  return refusalOf(error);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TransportError) return `The file could not be fetched: ${message}. ${RESUME}`;
  if (error instanceof StorageRefusal) return `Storage did not give the file: ${message}. ${RESUME}`;
  if (error instanceof ReplacedError) return `The file was replaced several times while it was fetched. ${RESUME}`;
  return message;
}
