import type { IncomingHttpHeaders } from 'node:http';
import type { RequestBody } from './body.ts';

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

/** A header's one value, undefined where it is absent. */
export function header(request: Pick<S3Request, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
