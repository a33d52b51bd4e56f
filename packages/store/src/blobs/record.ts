import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Segment, StoredChecksum, StoredHeaders, Upload } from '../model.ts';

/** What every record contains, except one of plain bytes. */
type Common = {
  /** Later writes have higher ones; among those of one key the highest holds. */
  sequence: number;
  /** The newest object of the index when this was written: an index that does not know it yet is an older one. */
  after: number;
  bucket: string;
  key: string;
  size: number;
  etag: string;
  modifiedAt: number;
};

export type ObjectRecord = Common & {
  headers: StoredHeaders;
  checksum?: StoredChecksum | undefined;
  /** The write had a condition: unless it is known to have been done, it may have been refused. */
  conditional?: true | undefined;
};

export type PartRecord = Common & {
  kind: 'part';
  uploadId: string;
  number: number;
  checksum?: string | undefined;
  upload: Pick<Upload, 'initiatedAt' | 'headers' | 'checksumAlgorithm' | 'checksumType'>;
};

/** An object whose bytes lie in other blobs: a completed upload, or a copy. */
export type ManifestRecord = ObjectRecord & {
  kind: 'manifest';
  segments: Segment[];
  /** Of the upload that was completed; absent in a copy. */
  uploadId?: string | undefined;
};

/** How a blob describes itself. `bytes` are only used through a manifest. */
export type BlobRecord = (ObjectRecord & { kind: 'object' }) | PartRecord | ManifestRecord | { kind: 'bytes' };

export type SealedBlob = {
  record: BlobRecord;
  /** Bytes before the trailer. */
  size: number;
};

/** Ends every sealed blob: length of the record, size of the body, CRC-32 of all that, magic with version. */
const MAGIC = Buffer.from('dsblob\0\x01', 'latin1');
const FOOTER_BYTES = 24;
/** Read at once from a blob's end; the usual trailer is shorter. */
const TAIL_BYTES = 4096;
/** A manifest of 10,000 segments takes a tenth of it. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** The trailer that makes a file of `size` bytes a blob that describes itself. */
export function trailerOf(record: BlobRecord, size: number): Buffer {
  const text = Buffer.from(JSON.stringify(record));
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32LE(text.length, 0);
  footer.writeBigUInt64LE(BigInt(size), 4);
  footer.writeUInt32LE(sumOf(text, footer), 12);
  MAGIC.copy(footer, 16);
  return Buffer.concat([text, footer]);
}

const sumOf = (text: Uint8Array, footer: Uint8Array) => crc32(footer.subarray(0, 12), crc32(text));

/** Undefined where the file has no whole trailer. @throws what the disk throws */
export function readSealedBlob(path: string): SealedBlob | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    let tail = readTail(file, size, TAIL_BYTES);
    if (tail.length < FOOTER_BYTES) return undefined;
    const footer = tail.subarray(-FOOTER_BYTES);
    if (!footer.subarray(16).equals(MAGIC)) return undefined;
    const length = footer.readUInt32LE(0);
    const body = Number(footer.readBigUInt64LE(4));
    if (length > MAX_RECORD_BYTES || body + length + FOOTER_BYTES !== size) return undefined;
    if (length + FOOTER_BYTES > tail.length) tail = readTail(file, size, length + FOOTER_BYTES);
    const text = tail.subarray(-FOOTER_BYTES - length, -FOOTER_BYTES);
    if (footer.readUInt32LE(12) !== sumOf(text, footer)) return undefined;
    return { record: JSON.parse(text.toString('utf8')) as BlobRecord, size: body };
  } finally {
    closeSync(file);
  }
}

function readTail(file: number, size: number, length: number): Buffer {
  const tail = Buffer.alloc(Math.min(size, length));
  let read = 0;
  while (read < tail.length) {
    const bytes = readSync(file, tail, read, tail.length - read, size - tail.length + read);
    if (bytes === 0) break;
    read += bytes;
  }
  return tail.subarray(0, read);
}
