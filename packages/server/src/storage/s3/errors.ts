import { S3ServiceException } from '@aws-sdk/client-s3';
import { StorageUnavailableError } from '../object-store.ts';

/** S3's error code, where the error came from S3. */
export function s3Code(error: unknown): string | undefined {
  return error instanceof S3ServiceException ? error.name : undefined;
}

/** Whether storage says that an upload is not open. Ceph misses the key in which it keeps it. */
export function isNoSuchUpload(error: unknown): boolean {
  const code = s3Code(error);
  return code === 'NoSuchUpload' || code === 'NoSuchKey';
}

/** A HEAD has no body, so that a missing object has no code but the status. */
export function isNotFound(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}

/**
 * The storage class by which the embedded store marks an object whose bytes are damaged, in listings and heads.
 * No other storage has a class of that name.
 */
export const DAMAGED_CLASS = 'DAMAGED';

/** Whether storage refuses an object because its bytes are damaged. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const { headers } = (error.$response ?? {}) as { headers?: Record<string, string> };
  return headers?.['x-amz-storage-class'] === DAMAGED_CLASS;
}

/** What went wrong between us and storage, for the operator. Messages of the SDK carry no secret and no signature. */
export function unavailable(operation: string, error: unknown): StorageUnavailableError {
  if (error instanceof StorageUnavailableError) return error;
  return new StorageUnavailableError(`${operation} failed: ${describeError(error)}`, { cause: error });
}

export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  if (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)) return 'it did not respond in time';
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode;
    return `${error.name}${status === undefined ? '' : ` (${status})`}: ${error.message}`;
  }
  return error instanceof Error ? error.message || error.name : String(error);
}
