import type { FileResult } from '../base/results.ts';

/** A file between its start and its end. */
export type FileInFlight = {
  name: string;
  /** Bytes. */
  size: number;
  /** Bytes on their way or there. */
  sent: number;
  state: 'checking' | 'sending' | 'waiting-to-retry' | 'completing';
};

export type Progress = {
  files: { total: number; successful: number; skipped: number; failed: number };
  /** `done`: bytes of the files that are settled, and what has left of those in flight. */
  bytes: { total: number; done: number };
  /** Bytes a second over the last few seconds; null until it can be told. */
  bytesPerSecond: number | null;
  /** Null until it can be told. */
  secondsLeft: number | null;
  /** How many transfers run, and how many may at this moment; several small ones may in the place of one. */
  transfers: { active: number; limit: number };
  inFlight: readonly FileInFlight[];
};

/** What happens during an upload, in the order it happens. A closed set. */
export type UploadEvent =
  /** What will be done; nothing was sent yet. The project is null as in the summary. */
  | { type: 'planned'; projectUuid: string | null; files: number; bytes: number; resumed: boolean }
  | { type: 'file-started'; name: string; path: string; size: number }
  /** A file's result as it becomes known. The check at the end can still turn a success around: then it comes again. */
  | { type: 'file-finished'; result: FileResult }
  /** Something failed and is tried again. `part` is null for a whole file, `name` too for a call of the API. */
  | { type: 'retrying'; name: string | null; part: number | null; attempt: number; delayMs: number; reason: string }
  /** Something that is worth knowing once. */
  | { type: 'notice'; message: string }
  /** At most four times a second, however many files there are. */
  | { type: 'progress'; progress: Progress }
  /** Everything was sent; storage is asked what it holds. */
  | { type: 'confirming' }
  | { type: 'paused' }
  | { type: 'resumed' };

export type OnEvent = (event: UploadEvent) => void;
