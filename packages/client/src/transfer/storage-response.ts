import type { TransportResponse } from '../base/ports.ts';
import { retryAfterMs } from '../base/retry.ts';

/** What a storage's answer to a PUT means for the one who sent it. */
export type StorageAnswer =
  | { kind: 'stored'; etag: string }
  /** The link is expired or otherwise not accepted: another one may be. */
  | { kind: 'link-refused'; message: string }
  /** The multipart upload is not there any more. */
  | { kind: 'upload-gone'; message: string }
  /** There is a file already, which the link replaces not. */
  | { kind: 'exists'; message: string }
  /** What arrived is not what was announced. */
  | { kind: 'damaged'; message: string }
  /** The same request may succeed later. `congested`: and with fewer at once. */
  | { kind: 'later'; message: string; congested: boolean; afterMs: number | undefined }
  /** It would be refused again. */
  | { kind: 'refused'; message: string; status: number; code: string };

const EXPIRED = new Set(['ExpiredToken', 'RequestTimeTooSkewed', 'RequestExpired', 'TokenRefreshRequired']);
const DAMAGED = new Set(['BadDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch']);
const TRANSIENT = new Set(['RequestTimeout', 'InternalError', 'ServiceUnavailable', 'SlowDown', 'OperationAborted']);
const CONGESTED = new Set(['SlowDown', 'ServiceUnavailable', 'TooManyRequests']);

const NO_ETAG =
  'the answer says that it was stored, but has no ETag: something else answers in the place of storage, such as a sign-in page, or storage does not show the ETag (CORS)';

export function readStorageAnswer({ status, headers, text }: TransportResponse): StorageAnswer {
  const code = element(text, 'Code') ?? '';
  const message = `storage answered ${status}${code && ` ${code}`}: ${element(text, 'Message') ?? 'no reason given'}`;

  // Some storages report a failure after they have begun to answer with 200.
  if (status >= 200 && status < 300 && code === '') {
    const { etag } = headers;
    // S3 gives an ETag with every PUT. A network's sign-in page answers 200 to anything, without one.
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
  // Ceph says no more than AccessDenied of an expired link, so any 403 may be one.
  if (status === 403) return { kind: 'link-refused', message };
  return { kind: 'refused', message, status, code };
}

function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]{1,500})</${name}>`).exec(xml);
  return found?.[1]?.trim();
}
