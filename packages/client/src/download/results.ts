import type { Proof } from '../base/results.ts';

/** Why a file was not fetched. */
export type DownloadFailureReason =
  /** Its name can't be that of a file in the folder. */
  | 'invalid-name'
  /** Another file of this name is in the folder. */
  | 'conflict'
  /** Storage can no longer return its bytes, as it says itself. */
  | 'damaged'
  /** What came is not what storage says that it holds, also when fetched again. */
  | 'mismatch'
  /** It was deleted or replaced while it was fetched. */
  | 'changed'
  /** The folder's disk has no room left. */
  | 'full'
  /** The folder can't be written. */
  | 'unwritable'
  /** A file in the folder can't be read, so it is not known whether it is the same. */
  | 'unreadable'
  /** The server or the storage refused it, and would refuse it again. */
  | 'refused'
  /** The server or the storage could not be reached, or kept failing. */
  | 'unavailable';

/** `name`: in the project. `path`: where it is or was to be. `size`: in bytes. */
type Identity = { name: string; path: string; size: number };

export type DownloadedFile = Identity & {
  status: 'downloaded';
  /** As storage gives it, without quotes. */
  etag: string;
  proof: Proof;
};

export type AlreadyHereFile = Identity & { status: 'skipped'; reason: 'already-here'; etag: string; proof: Proof };

export type UnfetchedFile = Identity & {
  status: 'failed';
  reason: DownloadFailureReason;
  /** What happened and what to do, in one or two sentences. */
  message: string;
};

export type DownloadResult = DownloadedFile | AlreadyHereFile | UnfetchedFile;

export type DownloadSummary = {
  projectUuid: string;
  folder: string;
  /** `successful + failed + skipped`. */
  total: number;
  successful: number;
  failed: number;
  skipped: number;
  /** Bytes of photos that this run received, everything received again included. */
  bytes: number;
  seconds: number;
  /** What this server or storage can't do, or what is still to come; each said once. */
  notices: readonly string[];
  /** In the order of the server's list. */
  results: readonly DownloadResult[];
};

/** Counts the results; the rest is as it was. */
export function summarizeDownload(
  results: readonly DownloadResult[],
  figures: Omit<DownloadSummary, 'total' | 'successful' | 'failed' | 'skipped' | 'results'>,
): DownloadSummary {
  const count = (status: DownloadResult['status']) => results.filter((result) => result.status === status).length;
  const counts = { successful: count('downloaded'), failed: count('failed'), skipped: count('skipped') };
  return { ...figures, total: results.length, ...counts, results };
}
