import type { ProjectApi } from '../api/project-api.ts';
import type { OpenUpload, StoredFile } from '../api/responses.ts';
import type { Pace, Ports } from '../base/ports.ts';
import type { Retrier, RetryPolicy } from '../base/retry.ts';
import type { Slots } from '../schedule/permits.ts';
import type { EtagTrust } from '../transfer/etags.ts';
import type { Journal } from '../transfer/journal.ts';
import type { Links } from '../transfer/links.ts';
import type { ProgressTracker } from './progress.ts';

export type EngineSettings = {
  /** Transfers at once: a fixed number, or found by measuring up to `max`. */
  concurrency: { kind: 'fixed'; transfers: number } | { kind: 'adaptive'; max: number };
  /** A cap over all transfers, in bytes a second. */
  bytesPerSecond?: number | undefined;
  /** Send files again that the project holds with other content. */
  overwrite: boolean;
  retry: RetryPolicy;
  /** No byte leaves for so long, in milliseconds: the transfer is ended and tried again. */
  stallMs: number;
  /**
   * Storage does not answer for so long after the last byte left, in milliseconds, besides the time that the bytes
   * underway need.
   */
  answerMs: number;
  /** Larger files go up in parts, where the server offers it. Bytes. */
  singlePutLimit: number;
};

/** What all files of one run share. */
export type Run = {
  readonly api: ProjectApi;
  readonly ports: Ports;
  readonly settings: EngineSettings;
  readonly retrier: Retrier;
  readonly slots: Slots;
  /** The share of a slot that a transfer of so many bytes takes. */
  readonly weightOf: (bytes: number) => number;
  readonly pace: Pace | undefined;
  readonly journal: Journal;
  readonly progress: ProgressTracker;
  readonly links: Links<string>;
  /** Whether ETags of single PUTs and parts, and those of multipart objects, are MD5s. */
  readonly trust: { readonly put: EtagTrust; readonly multipart: EtagTrust };
  /** What storage held at the start, by name. */
  readonly stored: ReadonlyMap<string, StoredFile>;
  /** Multipart uploads that were open at the start, by name. */
  readonly openUploads: ReadonlyMap<string, readonly OpenUpload[]>;
  readonly signal: AbortSignal;
  /** Tells something once. */
  notice(message: string): void;
  retrying(
    about: { name: string; part: number | null },
    info: { attempt: number; delayMs: number; error: unknown },
  ): void;
  /** The path or the storage asked for less. */
  congested(): void;
};

/** A unit of bytes that storage acknowledged. */
export type Acknowledged = {
  /** What the ETag should be: an MD5 in hex, or a multipart ETag. */
  expected: string;
  /** What storage said it is. */
  etag: string;
  /** MD5 of the whole, in hex; null for a multipart object. */
  md5: string | null;
  proof: 'md5' | 'size';
};
