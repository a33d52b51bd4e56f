import type { LeftOut } from './left-out.ts';

/** Why a file did not arrive. */
export type FailureReason =
  /** It has no bytes: most often a sign of a copy that failed. */
  | 'empty'
  /** It is larger than the storage takes in the ways that the server offers. */
  | 'too-large'
  /** The contract does not allow its name. */
  | 'invalid-name'
  /** It was there when the paths were walked, and is not any more. */
  | 'vanished'
  /** The disk or the permissions did not let it be read. */
  | 'unreadable'
  /** It was changed while it was sent. Nothing of it was completed. */
  | 'changed'
  /** The project holds another file by this name. */
  | 'conflict'
  /** What arrived is not what was sent, also after sending again. */
  | 'mismatch'
  /** The server or the storage refused it, and would refuse it again. */
  | 'refused'
  /** The server or the storage could not be reached, or kept failing. */
  | 'unavailable'
  /** Sent and acknowledged, but the server could not be asked at the end what it holds. */
  | 'unconfirmed';

/**
 * How it is known that the bytes in storage are those on the disk. `md5`: storage's ETags are MD5s, and equal.
 * `size`: storage's ETags are something else; the sizes are equal.
 */
export type Proof = 'md5' | 'size';

type Identity = {
  /** The name in the project. */
  name: string;
  /** As `Source.path`. */
  path: string;
  /** Bytes. */
  size: number;
};

export type UploadedFile = Identity & {
  status: 'uploaded';
  /** Lower-case hex, of the whole file; null where it went up in parts that were not all hashed as one. */
  md5: string | null;
  /** As storage gives it, without quotes. */
  etag: string;
  proof: Proof;
  /** ISO 8601, UTC, by this machine's clock. */
  uploadedAt: string;
};

export type SkippedFile = Identity & {
  status: 'skipped';
  /** `already-there`: the project holds the same content. `copy`: another file of this run is the same. */
  reason: 'already-there' | 'copy';
  etag: string | null;
  proof: Proof;
};

export type FailedFile = Identity & {
  status: 'failed';
  reason: FailureReason;
  /** What happened and what to do, in one or two sentences. */
  message: string;
};

export type FileResult = UploadedFile | SkippedFile | FailedFile;

/** The result of a file that is not uploaded. */
export function failed(
  { name, path, size }: { name: string; path: string; size: number },
  reason: FailureReason,
  message: string,
): FailedFile {
  return { status: 'failed', name, path, size, reason, message };
}

export type UploadSummary = {
  /** Null where there was nothing to send, and no such project: none is made for nothing. */
  projectUuid: string | null;
  /** `successful + failed + skipped`. */
  total: number;
  successful: number;
  failed: number;
  skipped: number;
  /** Bytes of photos that this run sent, everything sent again included. */
  bytes: number;
  seconds: number;
  /** How the uploaded files were checked: against the server's list at the end, or only as each was acknowledged. */
  confirmedBy: 'listing' | 'acknowledgement';
  /** What this server or storage can't do, or what went on with less; each said once. */
  notices: readonly string[];
  /** What was found beside these files, and not taken. */
  leftOut: LeftOut;
  /** In camera order. */
  results: readonly FileResult[];
};

/** Counts the results; the rest is as it was. */
export function summarize(
  results: readonly FileResult[],
  { projectUuid, ...figures }: Omit<UploadSummary, 'total' | 'successful' | 'failed' | 'skipped' | 'results'>,
): UploadSummary {
  const count = (status: FileResult['status']) => results.filter((result) => result.status === status).length;
  const counts = { successful: count('uploaded'), failed: count('failed'), skipped: count('skipped') };
  return { projectUuid, total: results.length, ...counts, ...figures, results };
}
