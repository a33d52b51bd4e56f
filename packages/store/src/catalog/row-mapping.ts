import {
  type Bucket,
  keyText,
  type Part,
  type Segment,
  type StoredBlob,
  type StoredChecksum,
  type StoredObject,
  type Upload,
} from '../model.ts';
import type { Row } from './statements.ts';

export const blobOf = (row: Row): StoredBlob => ({
  blob: String(row.blob),
  size: Number(row.size),
  md5: optional(row.md5, text),
});

const optional = <T>(value: unknown, map: (value: string) => T): T | undefined =>
  typeof value === 'string' ? map(value) : undefined;

const text = (value: string) => value;

export const checksumOf = (value: unknown): StoredChecksum | undefined =>
  optional(value, (json) => JSON.parse(json) as StoredChecksum);

export function bucketOf(row: Row): Bucket {
  return {
    id: Number(row.id),
    name: String(row.name),
    createdAt: Number(row.created_at),
    cors: optional(row.cors, text),
  };
}

export function objectOf(row: Row): StoredObject {
  return {
    id: Number(row.id),
    key: keyText(row.key as Uint8Array),
    size: Number(row.size),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    headers: JSON.parse(String(row.headers)),
    checksum: checksumOf(row.checksum),
    damaged: false,
    sequence: Number(row.sequence),
  };
}

export function segmentOf(row: Row): Segment {
  return { start: Number(row.start), ...blobOf(row) };
}

export function uploadOf(row: Row): Upload {
  return {
    id: String(row.id),
    bucketId: Number(row.bucket_id),
    key: keyText(row.key as Uint8Array),
    initiatedAt: Number(row.initiated_at),
    headers: JSON.parse(String(row.headers)),
    checksumAlgorithm: optional(row.checksum_algorithm, text) as Upload['checksumAlgorithm'],
    checksumType: optional(row.checksum_type, text) as Upload['checksumType'],
  };
}

export function partOf(row: Row): Part {
  return {
    number: Number(row.number),
    size: Number(row.size),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    checksum: optional(row.checksum, text),
    blob: String(row.blob),
  };
}
