import { ApiError, apiError } from '@darkslide/contract';
import type { FastifyError, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/errors.ts';
import { StorageUnavailableError } from '../storage/object-store.ts';

/** Makes the error that a client gets of any other: of storage, of the database, of the framework, or of our own. */
export function toApiError(error: Error, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageUnavailableError) return apiError('storage_unavailable', {}, { cause: error });
  if (isDatabaseUnavailable(error)) return apiError('database_unavailable', {}, { cause: error });
  const { code, statusCode = 500 } = error as FastifyError;
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return apiError('unsupported_media_type', { type: request.headers['content-type'] ?? '' });
    case 'FST_ERR_BAD_URL':
      return apiError('invalid_request', {
        problem: 'The path has a % that is not followed by two hex digits of UTF-8',
      });
  }
  // The rest of the framework's refusals, all about a malformed request.
  if (statusCode >= 400 && statusCode < 500) {
    return apiError('invalid_request', { problem: error.message.replace(/\.$/, '') }, { cause: error });
  }
  return apiError('internal_error', {}, { cause: error });
}
