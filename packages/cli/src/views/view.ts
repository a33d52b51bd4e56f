import type { Plan, UploadEvent, UploadSummary } from '@darkslide/client';

/** Shows one upload. What is shown never decides what is done. */
export interface View {
  /** What was found, before anything is sent. */
  planned(plan: Plan): void;
  event(event: UploadEvent): void;
  /** The last thing shown of an upload that came to its end. */
  finish(summary: UploadSummary): void;
  /** The upload was ended from outside, or could not go on. Leaves the screen in order. */
  stop(message: string): void;
}
