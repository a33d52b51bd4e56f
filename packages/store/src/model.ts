import type { ChecksumAlgorithm } from '@darkslide/s3wire';

export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

/** A checksum in the form of S3: base64, followed by `-N` when it is composite. */
export type StoredChecksum = { algorithm: ChecksumAlgorithm; value: string; type: ChecksumType };

/** Response headers kept with an object, names in lower case: content-type and its kin, and x-amz-meta-*. */
export type StoredHeaders = Record<string, string>;

export type Bucket = { id: number; name: string; createdAt: number; cors: string | undefined };

export type StoredObject = {
  id: number;
  key: string;
  size: number;
  /** Hex, without quotes. */
  etag: string;
  modifiedAt: number;
  headers: StoredHeaders;
  checksum: StoredChecksum | undefined;
  /** Some of its bytes were found not to be those that were stored. */
  damaged: boolean;
  sequence: number;
};

/** `size` bytes of an object, beginning at its byte `start`: the whole of one blob. */
export type Segment = { start: number; size: number; blob: string; md5: string | undefined };

/** A blob and what it must hold. `md5` in hex; undefined where the index has only that of all parts together. */
export type StoredBlob = { blob: string; size: number; md5: string | undefined };

/** What is wrong with a blob. */
export type DamageReason = 'missing' | 'short' | 'changed' | 'unreadable';

/** How far the scrub of all blobs is. Times in milliseconds since 1970. */
export type ScrubState = { after: string; startedAt: number; finishedAt: number | undefined };

export type ObjectName = { bucket: string; key: string };

export type Upload = {
  id: string;
  bucketId: number;
  key: string;
  initiatedAt: number;
  headers: StoredHeaders;
  checksumAlgorithm: ChecksumAlgorithm | undefined;
  checksumType: ChecksumType | undefined;
};

export type Part = {
  number: number;
  size: number;
  etag: string;
  modifiedAt: number;
  /** Of the upload's algorithm, base64. */
  checksum: string | undefined;
  blob: string;
};

/** What a finished body left on disk. */
export type NewBytes = { blob: string; size: number };

export const keyBytes = (key: string): Uint8Array => Buffer.from(key, 'utf8');
export const keyText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
