export type FileState = 'checking' | 'sending' | 'fetching' | 'waiting-to-retry' | 'completing';

/** A file on its way to storage, or from there. `path`: where it is, or will be, on this side. */
export type MovedFile = { readonly name: string; readonly source: { readonly path: string; readonly size: number } };

/** What a transfer reports, and what it learns from all of them. */
export interface TransferProgress {
  /** Bytes per second over all transfers; undefined until a second was measured. */
  readonly bytesPerSecond: number | undefined;
  setState(file: MovedFile, state: FileState): void;
  /** Bytes of the file were sent. */
  addSent(file: MovedFile, bytes: number): void;
  /** Storage has these bytes of the file already; or, with a negative number, they must be sent again. */
  addStored(file: MovedFile, bytes: number): void;
  /** The file must be sent again from its first byte. */
  restart(file: MovedFile): void;
}
