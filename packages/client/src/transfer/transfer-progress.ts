import type { PlannedFile } from '../plan/plan.ts';

export type FileState = 'checking' | 'sending' | 'waiting-to-retry' | 'completing';

/** What a transfer reports, and what it learns from all of them. */
export interface TransferProgress {
  /** Bytes per second over all transfers; undefined until a second was measured. */
  readonly bytesPerSecond: number | undefined;
  setState(file: PlannedFile, state: FileState): void;
  /** Bytes of the file were sent. */
  addSent(file: PlannedFile, bytes: number): void;
  /** Storage has these bytes of the file already; or, with a negative number, they must be sent again. */
  addStored(file: PlannedFile, bytes: number): void;
  /** The file must be sent again from its first byte. */
  restart(file: PlannedFile): void;
}
