import type { ProjectApi } from '../api/project-api.ts';
import type { StoredFile } from '../api/responses.ts';
import type { Md5, Place, Sink, Transport } from '../base/ports.ts';
import type { Retrier, RetryInfo } from '../base/retry.ts';
import type { ProgressTracker } from '../run/progress.ts';
import type { Transfers } from '../schedule/transfers.ts';
import type { DownloadResult } from './results.ts';

/** What all files of a run share. */
export type Downloader = {
  readonly api: ProjectApi;
  readonly transport: Transport;
  readonly md5: Md5;
  readonly sink: Sink;
  readonly retrier: Retrier;
  readonly transfers: Transfers;
  readonly progress: ProgressTracker<DownloadResult>;
  /** Replace files of the folder that have other content. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
  readonly onRetry: (name: string, info: RetryInfo) => void;
};

/** A file to be fetched. `stored`: as the server listed it. `capturedMs`: milliseconds since 1970. */
export type FileToFetch = {
  readonly index: number;
  readonly name: string;
  readonly source: { readonly path: string; readonly size: number };
  readonly place: Place;
  readonly stored: StoredFile;
  readonly capturedMs: number | null;
};
