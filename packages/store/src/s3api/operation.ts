import type { IncomingHttpHeaders } from 'node:http';
import type { RequestBody } from './body.ts';
import type { Known } from './known.ts';
import type { S3Response } from './response.ts';
import type { Store } from './store.ts';

/** A verified request, decoded. */
export type S3Request = {
  /** '' where the target names no bucket. */
  bucket: string;
  /** '' where it names no object. */
  key: string;
  query: Map<string, string>;
  /**
   * Of the request, together with the `x-amz-` parameters of a link, and without those headers of a link's user that
   * would change what a download brings.
   */
  headers: IncomingHttpHeaders;
  body: RequestBody;
  /** Aborts when the client is gone or the store stops. */
  signal: AbortSignal;
};

/** Throws S3Error; then nothing has changed. */
type Run = (request: S3Request, store: Store) => Promise<S3Response>;

/** One S3 call, and all that it knows to be asked for. */
export type Operation = { known: Known; run: Run };

export const operation = (known: Known, run: Run): Operation => ({ known, run });

/** A header's one value, undefined where it is absent. */
export function header(request: Pick<S3Request, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
