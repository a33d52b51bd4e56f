import type { TransportResponse } from '../base/ports.ts';
import { retryAfterMs } from '../base/retry.ts';

/** What storage's response to a PUT means for the sender. */
export type StorageResponse =
  | { kind: 'stored'; etag: string }
  /** The link has expired or is not accepted: a new one may be. */
  | { kind: 'link-refused'; message: string }
  /** The multipart upload no longer exists. */
  | { kind: 'upload-gone'; message: string }
  /** The project contains a file with this name, and the link does not allow replacing it. */
  | { kind: 'exists'; message: string }
  /** Storage received other bytes than were announced. */
  | { kind: 'damaged'; message: string }
  /** The same request may succeed later. `congested`: with fewer requests at once. */
  | { kind: 'later'; message: string; congested: boolean; afterMs: number | undefined }
  /** The same request would be refused again. */
  | { kind: 'refused'; message: string; status: number; code: string };

const EXPIRED = new Set(['ExpiredToken', 'RequestTimeTooSkewed', 'RequestExpired', 'TokenRefreshRequired']);
const DAMAGED = new Set(['BadDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch']);
const TRANSIENT = new Set(['RequestTimeout', 'InternalError', 'ServiceUnavailable', 'SlowDown', 'OperationAborted']);
const CONGESTED = new Set(['SlowDown', 'ServiceUnavailable', 'TooManyRequests']);

const NO_ETAG =
  'the response says that the bytes were stored, but has no ETag: it may come from something other than storage, such as a sign-in page, or storage does not expose the ETag (CORS)';

export function readStorageResponse({ status, headers, text }: TransportResponse): StorageResponse {
  const code = element(text, 'Code') ?? '';
  const message = `storage returned ${status}${code && ` ${code}`}: ${element(text, 'Message') ?? 'no reason given'}`;

  // Some storages report an error in the body of a response with status 200.
  if (status >= 200 && status < 300 && code === '') {
    const { etag } = headers;
    // S3 returns an ETag for every PUT. A network's sign-in page returns 200 for every request, without an ETag.
    return etag ? { kind: 'stored', etag } : { kind: 'later', message: NO_ETAG, congested: false, afterMs: undefined };
  }
  if (EXPIRED.has(code)) return { kind: 'link-refused', message };
  if (DAMAGED.has(code)) return { kind: 'damaged', message };
  if (status === 412) return { kind: 'exists', message };
  if (code === 'NoSuchUpload') return { kind: 'upload-gone', message };
  if (TRANSIENT.has(code) || status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501)) {
    const congested = CONGESTED.has(code) || status === 429 || status === 503;
    return { kind: 'later', message, congested, afterMs: retryAfterMs(headers) };
  }
  // Ceph returns only AccessDenied for an expired link, so any 403 may mean one.
  if (status === 403) return { kind: 'link-refused', message };
  return { kind: 'refused', message, status, code };
}

function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]{1,500})</${name}>`).exec(xml);
  return found?.[1]?.trim();
}
