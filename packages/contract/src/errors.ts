/**
 * The closed catalogue of refusals of the API: a code never changes its meaning or its status, and no code is made
 * outside this file. A message says what happened, to which file or part, and what to do.
 */

type Problem<Params> = {
  status: number;
  message: (params: Params) => string;
};

const define = <Params = Record<never, never>>(problem: Problem<Params>) => problem;

const list = (numbers: readonly number[], most = 20) =>
  numbers.slice(0, most).join(', ') + (numbers.length > most ? ` and ${numbers.length - most} more` : '');

const plural = (count: number, noun: string) => `${noun}${count === 1 ? '' : 's'}`;

export const ERRORS = {
  // The request itself
  invalid_json: define<{ reason: string }>({
    status: 400,
    message: ({ reason }) =>
      `The request body is not JSON (${reason}). Send a JSON object, or no body where none is needed.`,
  }),
  invalid_request: define<{ problem: string }>({
    status: 400,
    message: ({ problem }) => `${problem}.`,
  }),
  body_too_large: define<{ limit: number }>({
    status: 413,
    message: ({ limit }) =>
      `The request body is larger than ${limit} bytes. Split the list; photos go to their upload_link, not to this API.`,
  }),
  unsupported_media_type: define<{ type: string }>({
    status: 415,
    message: ({ type }) => `This API reads JSON, not "${type}". Send Content-Type: application/json.`,
  }),
  route_not_found: define<{ method: string; path: string; stored?: { count: number; project: string } }>({
    status: 404,
    message: ({ method, path, stored }) =>
      typeof stored?.count === 'number'
        ? `There is no ${method} ${path}: this server stores photos and does not edit them. The project "${stored.project}" has ${stored.count} stored ${plural(stored.count, 'photo')}.`
        : `There is no ${method} ${path}. The routes are listed at /docs.`,
  }),
  method_not_allowed: define<{ method: string; path: string; allowed: readonly string[] }>({
    status: 405,
    message: ({ method, path, allowed }) => `${path} does not take ${method}; it takes ${allowed.join(', ')}.`,
  }),

  // Who asks, and how often
  missing_api_key: define({
    status: 401,
    message: () => 'The x-api-key header is missing. Send your API key in it.',
  }),
  invalid_api_key: define({
    status: 401,
    message: () => 'The API key is not known here. Check that it is complete, not revoked, and meant for this server.',
  }),
  insufficient_scope: define<{ needed: string; held: string }>({
    status: 403,
    message: ({ needed, held }) =>
      `This call needs an API key with the scope "${needed}"; this one has "${held}". Use another key, or have one created.`,
  }),
  api_key_required: define({
    status: 403,
    message: () =>
      'This call needs an API key. An upload token only uploads into its own project, which is named by its uuid.',
  }),
  upload_token_required: define({
    status: 403,
    message: () => 'This call tells an upload token about itself, and was made with an API key. Send an upload token.',
  }),
  rate_limited: define<{ seconds: number; of?: string }>({
    status: 429,
    message: ({ seconds, of = 'requests with this API key or upload token' }) =>
      `Too many ${of}. Try again in ${seconds} ${plural(seconds, 'second')}.`,
  }),

  // Projects
  project_not_found: define<{ project: string }>({
    status: 404,
    message: ({ project }) =>
      `There is no project "${project}" here. Check its uuid or name, and the family it was created in.`,
  }),
  invalid_project_name: define<{ name: string; problem: string }>({
    status: 400,
    message: ({ name, problem }) => `The project name "${name}" ${problem}.`,
  }),
  project_name_taken: define<{ name: string }>({
    status: 409,
    message: ({ name }) =>
      `A project named "${name}" already exists. Choose another name, or use the existing project.`,
  }),

  // Files and links
  invalid_file_name: define<{ name: string; problem: string }>({
    status: 400,
    message: ({ name, problem }) => `The file name "${name}" ${problem}.`,
  }),
  duplicate_file_name: define<{ name: string; count: number }>({
    status: 400,
    // Fixed to the letter by the contract.
    message: ({ name, count }) => `File "${name}" appears ${count} times.`,
  }),
  invalid_md5: define<{ name: string }>({
    status: 400,
    message: ({ name }) =>
      `The md5 of "${name}" is not base64 of 16 bytes. Send the MD5 as in a Content-MD5 header, or leave it out.`,
  }),
  file_not_found: define<{ name: string }>({
    status: 404,
    message: ({ name }) => `The project has no file "${name}". Ask for an upload link first.`,
  }),

  photos_not_read: define({
    status: 404,
    message: () =>
      'This server does not read photos, so it knows no shots. Its operator can set DARKSLIDE_READ_PHOTOS=true.',
  }),
  too_many_photos: define<{ most: number }>({
    status: 409,
    message: ({ most }) =>
      `The project has more than ${most} photos, too many to be put in order together. List its files instead.`,
  }),
  shots_changed: define({
    status: 409,
    message: () =>
      'Photos of this project have arrived or gone since the first page of this list. Start again without a cursor.',
  }),

  storage_delete_refused: define({
    status: 409,
    message: () =>
      'The storage does not let this server delete. Nothing was deleted. Its operator must allow s3:DeleteObject for the whole bucket; then try again.',
  }),

  quota_reached: define<{ most: number; things: string; help: string }>({
    status: 409,
    message: ({ most, things, help }) =>
      `This account may have at most ${most} ${things}. ${help}, then ask again. Nothing was added.`,
  }),

  // Upload tokens, and what they limit
  upload_token_expired: define<{ at: string }>({
    status: 401,
    message: ({ at }) => `The upload token expired at ${at}. Request a new one from its issuer.`,
  }),
  upload_token_not_found: define<{ tokenId: string }>({
    status: 404,
    message: ({ tokenId }) => `There is no upload token "${tokenId}" in this project.`,
  }),
  upload_token_full: define<{ limit: 'files' | 'bytes'; most: number; left: number; asked: number }>({
    status: 403,
    message: ({ limit, most, left, asked }) =>
      `This upload token allows ${most} ${limit} and has ${left} left; this request needs ${asked} more. Request fewer, or get another token.`,
  }),
  file_name_not_allowed: define<{ name: string }>({
    status: 403,
    message: ({ name }) => `This upload token does not allow the file name "${name}". Use one of its allowed names.`,
  }),
  file_exists: define<{ name: string }>({
    status: 409,
    message: ({ name }) =>
      `The project already has "${name}", and an upload token never replaces a file. Send the file under another name, or have the existing one deleted first.`,
  }),
  single_put_unavailable: define<{ name: string }>({
    status: 409,
    message: ({ name }) =>
      `This server's storage cannot refuse to replace a file, so an upload token gets no link for a single PUT. Send "${name}" by a multipart upload, with one part if it is small.`,
  }),
  size_required: define<{ name: string }>({
    status: 400,
    message: ({ name }) => `This upload token has a byte limit, so the size of "${name}" must be declared, in bytes.`,
  }),

  // Multipart uploads
  invalid_part_count: define<{ name: string; got: string; max: number }>({
    status: 400,
    message: ({ name, got, max }) => `The part_count for "${name}" must be an integer from 1 to ${max}; got ${got}.`,
  }),
  invalid_part_size: define<{ name: string; problem: string }>({
    status: 400,
    message: ({ name, problem }) => `The part_size for "${name}" ${problem}.`,
  }),
  invalid_part_number: define<{ got: string; partCount: number }>({
    status: 400,
    message: ({ got, partCount }) => `Part ${got} is not one of this upload's parts; they are 1 to ${partCount}.`,
  }),
  upload_not_found: define<{ uploadId: string }>({
    status: 404,
    message: ({ uploadId }) =>
      `There is no open multipart upload "${uploadId}" in this project. It may have been aborted, or left idle too long; start a new one.`,
  }),
  upload_mismatch: define<{ field: string; got: string }>({
    status: 400,
    message: ({ field, got }) =>
      `The ${field} "${got}" does not belong to this multipart upload. Send the value returned when the upload was started.`,
  }),
  upload_parts_missing: define<{ name: string; parts: readonly number[]; partCount: number }>({
    status: 409,
    message: ({ name, parts, partCount }) =>
      `File "${name}" is not complete: ${plural(parts.length, 'part')} ${list(parts)} of ${partCount} did not arrive. PUT the missing parts, then complete again.`,
  }),
  upload_part_too_small: define<{ name: string; parts: readonly number[]; min: number }>({
    status: 409,
    message: ({ name, parts, min }) =>
      `File "${name}": ${plural(parts.length, 'part')} ${list(parts)} ${parts.length === 1 ? 'is' : 'are'} smaller than ${min} bytes, which only the last part may be. PUT them again in full, then complete again.`,
  }),
  upload_size_mismatch: define<{ name: string; declared: number; arrived: number }>({
    status: 409,
    message: ({ name, declared, arrived }) =>
      `File "${name}" was declared as ${declared} bytes, but its parts add up to ${arrived}. PUT the wrong parts again, then complete again.`,
  }),
  upload_completed: define<{ name: string }>({
    status: 409,
    message: ({ name }) =>
      `The multipart upload of "${name}" is already complete: it can no longer be changed or aborted.`,
  }),
  upload_busy: define<{ name: string }>({
    status: 409,
    message: ({ name }) =>
      `The multipart upload of "${name}" is being completed or aborted right now. Try again in a moment.`,
  }),

  // The server's own trouble
  storage_unavailable: define({
    status: 503,
    message: () => 'The storage does not respond right now. Nothing was lost; try again in a moment.',
  }),
  database_unavailable: define({
    status: 503,
    message: () => 'The database does not respond right now. Nothing was lost; try again in a moment.',
  }),
  server_busy: define({
    status: 503,
    message: () => 'The server has as much in memory as it may. Nothing was lost; try again in a moment.',
  }),
  shutting_down: define({
    status: 503,
    message: () => 'The server is shutting down. Try again in a moment.',
  }),
  internal_error: define({
    status: 500,
    message: () => 'Something went wrong inside the server. Try again; if it happens again, report the request_id.',
  }),
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorParams<Code extends ErrorCode> = Parameters<(typeof ERRORS)[Code]['message']>[0];

/** What the API refused and why. `details` names every item concerned, if there can be several. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: readonly unknown[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { details?: readonly unknown[] | undefined; cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.details = options?.details;
  }
}

/** The error of the catalogue with its sentence filled in. */
export function apiError<Code extends ErrorCode>(
  code: Code,
  params: ErrorParams<Code>,
  options?: { details?: readonly unknown[]; cause?: unknown },
): ApiError {
  const message = ERRORS[code].message as (params: ErrorParams<Code>) => string;
  return new ApiError(code, message(params), options);
}
