import type { Plan, UploadEvent, UploadSummary } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';

/** Shows one upload. A view never decides what the upload does. */
export interface View {
  /** Shows the files that were found, before anything is sent. */
  planned(plan: Plan): void;
  /** Shows what the photos are: it is known some time after the upload has begun. */
  shoot(shoot: Shoot): void;
  event(event: UploadEvent): void;
  /** Shows the summary of a finished upload. Called last. */
  finish(summary: UploadSummary): void;
  /** Shows why an upload stopped before its end, and leaves the screen in order. */
  stop(message: string): void;
}
