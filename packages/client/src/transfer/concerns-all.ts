import type { ErrorCode } from '@darkslide/contract';
import { RefusedError, TransportError, UnavailableError } from '../base/errors.ts';
import type { Retrier } from '../base/retry.ts';

/** Refusals of one file by an upload token: other files may be within its limits. */
const ONE_FILE_CODES = new Set<string>(['file_name_not_allowed', 'upload_token_full'] satisfies ErrorCode[]);

/** Whether all other files would fail in the same way. */
export function concernsAll(retrier: Retrier, error: unknown): boolean {
  if (error instanceof UnavailableError) return retrier.outage;
  if (error instanceof TransportError) return retrier.outage || error.kind === 'certificate';
  if (!(error instanceof RefusedError)) return false;
  if (ONE_FILE_CODES.has(error.code)) return false;
  return error.status === 401 || error.status === 403 || error.code === 'project_not_found';
}
