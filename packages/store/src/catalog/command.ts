import type { DamageReason, NewBytes, ObjectName, ScrubState, StoredChecksum, StoredHeaders } from '../model.ts';
import type { DeleteCondition, WriteCondition } from './conditions.ts';

export type At = { bucketId: number; key: Uint8Array; now: number; sequence: number };

/** One change of the index. Commands cross a thread boundary, so they hold plain data only. */
export type Command =
  | { type: 'createBucket'; name: string; now: number }
  | { type: 'deleteBucket'; bucketId: number; sequence: number }
  | { type: 'setCors'; bucketId: number; cors: string | undefined }
  | ({
      type: 'putObject';
      bytes: NewBytes;
      etag: string;
      headers: StoredHeaders;
      checksum: StoredChecksum | undefined;
      condition: WriteCondition;
    } & At)
  | ({
      type: 'copyObject';
      sourceId: number;
      /** The blob that says which segments the copy has: those of the source. */
      manifest: string;
      /** Replaces the source's headers where given. */
      headers: StoredHeaders | undefined;
      condition: WriteCondition;
    } & At)
  | {
      type: 'deleteObjects';
      bucketId: number;
      objects: { key: Uint8Array; condition: DeleteCondition }[];
      sequence: number;
    }
  | ({
      type: 'createUpload';
      uploadId: string;
      headers: StoredHeaders;
      checksumAlgorithm: string | undefined;
      checksumType: string | undefined;
    } & Omit<At, 'sequence'>)
  | {
      type: 'putPart';
      uploadId: string;
      number: number;
      bytes: NewBytes;
      etag: string;
      checksum: string | undefined;
      now: number;
      sequence: number;
    }
  | ({
      type: 'completeUpload';
      uploadId: string;
      /** In ascending order; the ETags and blobs are those that the caller checked. */
      parts: { number: number; etag: string; blob: string }[];
      /** The blob that says which segments the object has: the parts, in their order. */
      manifest: string;
      /** Of the object. */
      etag: string;
      checksum: StoredChecksum | undefined;
      condition: WriteCondition;
    } & At)
  | { type: 'abortUpload'; uploadId: string }
  | { type: 'addDamage'; blob: string; reason: DamageReason; now: number }
  | { type: 'removeDamage'; blob: string }
  | { type: 'learnMd5s'; objectId: number; md5s: { start: number; md5: string }[] }
  | { type: 'saveScrub'; state: ScrubState };

/**
 * What a command did. `freed` blobs are no longer part of anything once the transaction is committed. `changed` are
 * the objects whose damage became known, or is no more; undefined where nothing changed. `kept` are the positions of
 * objects that were not deleted, as they failed their condition.
 */
export type Outcome = {
  freed: string[];
  changed?: ObjectName[] | undefined;
  kept?: number[];
  /** Nothing was done, as a part was sent again with the same bytes meanwhile: look at the parts again. */
  partsChanged?: true;
};
