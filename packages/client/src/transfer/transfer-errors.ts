import type { StorageResponse } from './storage-response.ts';

/** What storage returned for bytes that it took: a file in one PUT, a part, or a completed multipart upload. */
export type Receipt = {
  /** What the ETag should be: an MD5 in hex, or a multipart ETag. */
  expected: string;
  /** The ETag that storage returned. */
  etag: string;
  /** MD5 of the whole, in hex; null for a multipart object. */
  md5: string | null;
  proof: 'md5' | 'size';
};

/** Storage responded, but did not take the bytes. */
export class StorageRefusal extends Error {
  override readonly name = 'StorageRefusal';
  readonly response: Exclude<StorageResponse, { kind: 'stored' }>;

  constructor(response: Exclude<StorageResponse, { kind: 'stored' }>) {
    super(response.message);
    this.response = response;
  }
}

/** By its ETag, storage took other bytes than were sent. */
export class MismatchError extends Error {
  override readonly name = 'MismatchError';
  readonly receipt: Receipt;

  constructor(receipt: Receipt) {
    super(`storage returned the ETag ${receipt.etag}, but bytes with the ETag ${receipt.expected} were sent`);
    this.receipt = receipt;
  }
}

/** The multipart upload no longer exists, or no part can be added to it. */
export class UploadGoneError extends Error {
  override readonly name = 'UploadGoneError';
}

/** The project contains a file with this name, and an upload token cannot replace it. */
export class FileExistsError extends Error {
  override readonly name = 'FileExistsError';
}

/** The file is larger than one PUT can be, and this server has no multipart uploads. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}
