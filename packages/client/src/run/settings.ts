import type { RetryPolicy } from '../base/retry.ts';
import type { Concurrency } from '../schedule/transfers.ts';

export type UploadSettings = {
  concurrency: Concurrency;
  /** A limit over all transfers. */
  bytesPerSecond?: number | undefined;
  /** Replace files that the project contains with other content. */
  overwrite: boolean;
  retry: RetryPolicy;
  /** A transfer is aborted and repeated when no byte is sent for this long. */
  stallMs: number;
  /**
   * A transfer is aborted and repeated when storage does not respond within this time after the last byte was sent, plus
   * the time that bytes in buffers need.
   */
  responseMs: number;
  /** Larger files are sent in parts, where the server has multipart uploads. */
  singlePutMaxBytes: number;
};
