import type { DownloadEvent, DownloadSummary, Plan, UploadEvent, UploadSummary } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';

/** Shows one upload or download. A view never decides what that does. */
export interface View {
  /** Shows the files that were found, before anything is sent. */
  planned(plan: Plan): void;
  /** Shows what the photos are: it is known some time after the upload has begun. */
  shoot(shoot: Shoot): void;
  event(event: UploadEvent | DownloadEvent): void;
  /** Shows the summary at the end. Called last. */
  finish(summary: UploadSummary | DownloadSummary): void;
  /** Shows why it stopped before its end, and leaves the screen in order. */
  stop(message: string): void;
}
