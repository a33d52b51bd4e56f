import type { FileResult } from '../base/results.ts';
import type { FileState } from '../transfer/transfer-progress.ts';

/** A file between its start and its end. */
export type FileInFlight = {
  name: string;
  /** Bytes. */
  size: number;
  /** Bytes that were transferred, by this run or an earlier one. */
  sent: number;
  state: FileState;
};

export type Progress = {
  files: { total: number; successful: number; skipped: number; failed: number };
  /** `done`: bytes of the files that have a result, and the transferred bytes of those in progress. */
  bytes: { total: number; done: number };
  /** Over the last few seconds; null until a second was measured. */
  bytesPerSecond: number | null;
  /** Null while it cannot be estimated. */
  secondsLeft: number | null;
  /** Running transfers, and how many may run at this moment; several small ones count as one. */
  transfers: { active: number; limit: number };
  inFlight: readonly FileInFlight[];
};

/** Everything that happens during a run whose files end with a `Result`, in order. A closed set. */
export type RunEvent<Result> =
  /** What will be done; nothing was sent yet. `projectUuid` is null as in the summary. */
  | { type: 'planned'; projectUuid: string | null; files: number; bytes: number; resumed: boolean }
  | { type: 'file-started'; name: string; path: string; size: number }
  /** The result of a file. Emitted again for a file that the final check fails. */
  | { type: 'file-finished'; result: Result }
  /** Something failed and will be repeated. `part` is null for a whole file; `name` too for a call of the API. */
  | { type: 'retrying'; name: string | null; part: number | null; attempt: number; delayMs: number; reason: string }
  /** Something to know about this server, storage or run; each message at most once. */
  | { type: 'notice'; message: string }
  /** At most four times a second, however many files there are. */
  | { type: 'progress'; progress: Progress }
  /** Everything was sent; the files are compared with the server's list. */
  | { type: 'confirming' }
  | { type: 'paused' }
  | { type: 'resumed' };

export type UploadEvent = RunEvent<FileResult>;

export type OnEvent = (event: UploadEvent) => void;
