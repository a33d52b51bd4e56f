/**
 * What storage lists of an object. `lastModified` has whole seconds. `damaged`: storage says that it can't return
 * the bytes that it took; size and ETag are still those of what it took.
 */
export type StoredObject = { key: string; size: number; etag: string; lastModified: Date; damaged: boolean };

export type StoredPart = { partNumber: number; size: number; etag: string; lastModified: Date };

export type OpenUpload = { key: string; uploadId: string; initiated: Date };

/** A multipart upload in storage. */
export type UploadRef = { key: string; uploadId: string };

/**
 * `parts-changed`: storage refused, because its parts are not those that were listed; the upload is still open.
 * `no-such-upload`: it was completed or aborted before, or never was.
 * `exists`: there is an object under the key, and it was not to be replaced; the upload is still open.
 */
export type CompleteOutcome =
  | { kind: 'completed'; etag: string }
  | { kind: 'parts-changed' }
  | { kind: 'exists' }
  | { kind: 'no-such-upload' };

/** Which writes storage refuses by itself where there is an object already. */
export type Conditions = { put: boolean; complete: boolean };

/** Signs any number of links that all stop working at `expiresAt`. Pure arithmetic, no waiting. */
export type LinkSigner = {
  expiresAt: Date;
  /**
   * PUT the whole object; with a `size`, exactly this many bytes; with `ifAbsent`, only where there is none, and
   * with the headers of `IF_ABSENT` sent along.
   */
  put(key: string, options?: { size?: number | undefined; ifAbsent?: boolean | undefined }): string;
  /** PUT one part, likewise. */
  putPart(upload: UploadRef, partNumber: number, options?: { size?: number | undefined }): string;
  /** GET the object, to be saved under `fileName`. */
  get(key: string, fileName: string): string;
  /** GET the object, to be shown. */
  view(key: string): string;
};

/**
 * What the rules need of an object storage, and nothing more. Every call has a deadline of its own.
 * Every call throws StorageUnavailableError where storage does not respond, or responds with an error that has no place
 * in the result; the call may then have happened or not.
 */
export interface ObjectStore {
  /** Whether the ETag of an object that came by one PUT is its MD5 in hex. */
  readonly etagIsMd5: boolean;
  readonly conditions: Conditions;
  /** The ETag that completing these parts, in order, will give; undefined where that can't be told before. */
  etagOfParts(parts: readonly StoredPart[]): string | undefined;

  /** A signer for now: it takes the current credentials, and its links outlive neither them nor `until`. */
  signer(options?: { until?: Date | undefined }): Promise<LinkSigner>;

  head(key: string): Promise<StoredObject | undefined>;
  /**
   * The bytes of an object from `from` up to, without, `to`; fewer at its end. Undefined where there is no object with
   * this ETag, or its bytes are damaged.
   */
  read(key: string, range: { from: number; to: number; etag: string }): Promise<Uint8Array | undefined>;
  /** Writes a small JPEG that darkslide made itself. */
  writeJpeg(key: string, bytes: Uint8Array): Promise<void>;
  /** Objects whose key begins with `prefix`, after `startAfter` (exclusive), in the byte order of their keys. */
  list(page: {
    prefix: string;
    startAfter: string;
    limit: number;
  }): Promise<{ objects: StoredObject[]; more: boolean }>;

  createUpload(key: string): Promise<string>;
  /** All parts by number, however many pages; undefined where storage has no such open upload. */
  listParts(upload: UploadRef): Promise<StoredPart[] | undefined>;
  /**
   * With `ifAbsent`, replaces no object: storage itself holds to that where `conditions.complete` is true. Elsewhere
   * the object is looked for just before, and one that arrives in that moment is replaced.
   */
  completeUpload(
    upload: UploadRef & { parts: readonly StoredPart[]; ifAbsent?: boolean | undefined },
  ): Promise<CompleteOutcome>;
  abortUpload(upload: UploadRef): Promise<'aborted' | 'no-such-upload'>;
  /** Removes an object; one that is not there is no error. `refused`: the credentials may not. */
  remove(key: string): Promise<'removed' | 'refused'>;
  /** Every open upload of the bucket, page by page. */
  openUploads(options?: { signal?: AbortSignal }): AsyncIterable<OpenUpload[]>;

  /** How far this machine's clock is ahead of storage's, by its last response; undefined where it told no time. */
  clockAheadMs?(): number | undefined;

  /** Whether storage responds and the bucket is there. */
  check(): Promise<void>;
}

/** Storage did not respond, or refused what it should have done. The message is for the operator. */
export class StorageUnavailableError extends Error {
  override readonly name: string = 'StorageUnavailableError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
