/** What the doctor's checks use of the server: how it connects, what it asks, and how it explains trouble. */
export type { DatabaseConfig } from './database/config.ts';
export { connectDatabase, requireVersion } from './database/connect.ts';
export { describeDatabase, diagnoseDatabase } from './database/diagnose.ts';
export { migrationState } from './database/migrations.ts';
export type { Tables } from './database/tables.ts';
export { planCompletion } from './multipart/completion-plan.ts';
export type { LinkSigner, UploadRef } from './storage/object-store.ts';
export type { StorageConfig } from './storage/s3/config.ts';
export { createClient, createSigners, requireBucket, storageEndpoint } from './storage/s3/connect.ts';
export {
  clockDiagnosis,
  describeSkew,
  diagnoseStorage,
  expired,
  LinkRefusedError,
  MAX_SKEW_SECONDS,
  type StorageDiagnosis,
  type StorageTopic,
  storageName,
} from './storage/s3/diagnose.ts';
export { describeError, s3Code } from './storage/s3/errors.ts';
export { EMPTY_TYPE, type Exchanged, exchange } from './storage/s3/exchange.ts';
export { probeStorage, type StorageHabits } from './storage/s3/probe.ts';
export { S3ObjectStore } from './storage/s3/s3-object-store.ts';
export type { SignerFactory } from './storage/s3/signer.ts';
export { type Diagnosis, sentence, UnusableError } from './trouble/diagnosis.ts';
export { diagnoseListening } from './trouble/listening.ts';
