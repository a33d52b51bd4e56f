import type { ErrorCode } from './errors.ts';

/** Apart from the catalogue of errors, so that the upload page does not load all its sentences. */
const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode>([
  'rate_limited',
  'upload_busy',
  'storage_unavailable',
  'database_unavailable',
  'server_busy',
  'shutting_down',
  'internal_error',
]);

/** Whether the same request may succeed later, unchanged. */
export const isRetryable = (code: string): boolean => RETRYABLE.has(code);
