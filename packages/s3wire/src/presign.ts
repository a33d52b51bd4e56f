import type { Credentials } from './credentials.ts';
import { amzDate } from './dates.ts';
import { canonicalQuery, encodeParameter, uriEncode } from './encode.ts';
import {
  ALGORITHM,
  canonicalRequest,
  hmacHex,
  scopeText,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './signing.ts';

/** SigV4's longest life of a link, in seconds: seven days. */
export const MAX_EXPIRES_IN_SECONDS = 604_800;

export type PresignRequest = {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The object's key; '' for the bucket itself. */
  key: string;
  /** Further query parameters, such as `partNumber` and `uploadId`; they are signed. */
  query?: Readonly<Record<string, string>>;
  /** Seconds, 1 to 604800. */
  expiresIn: number;
  /** Headers that the link's user must send as given; `host` is always signed. */
  headers?: Readonly<Record<string, string>>;
};

export type Presigner = {
  /** The link. @throws {RangeError} where `expiresIn` is out of range, URIError where `key` has a lone surrogate */
  presign(request: PresignRequest): string;
};

/**
 * Makes links to one bucket that work without credentials until they expire, about 10 µs each.
 * The body of a request is never part of the signature (UNSIGNED-PAYLOAD).
 */
export function createPresigner(options: {
  credentials: Credentials;
  region: string;
  /** Scheme, host and, where it is not the scheme's own, port; perhaps a base path. */
  endpoint: string;
  bucket: string;
  /** True for `endpoint/bucket/key`, false for `bucket.endpoint/key`. */
  pathStyle: boolean;
  now?: () => Date;
}): Presigner {
  const { credentials, region, bucket, pathStyle, now = () => new Date() } = options;
  const endpoint = new URL(options.endpoint);
  const host = pathStyle ? endpoint.host : `${bucket}.${endpoint.host}`;
  const base = endpoint.pathname.replace(/\/$/, '') + (pathStyle ? `/${bucket}` : '');
  const origin = `${endpoint.protocol}//${host}`;

  return {
    presign({ method, key, query, expiresIn, headers }) {
      if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_EXPIRES_IN_SECONDS) {
        throw new RangeError(`expiresIn must be 1 to ${MAX_EXPIRES_IN_SECONDS} seconds; got ${expiresIn}.`);
      }
      const timestamp = amzDate(now());
      const scope = { day: timestamp.slice(0, 8), region, service: 's3' };
      const allHeaders: Record<string, string> = { host };
      for (const name in headers) allHeaders[name.toLowerCase()] = headers[name] ?? '';
      const signedHeaders = Object.keys(allHeaders).sort();

      const parameters = [
        encodeParameter('X-Amz-Algorithm', ALGORITHM),
        encodeParameter('X-Amz-Credential', `${credentials.accessKeyId}/${scopeText(scope)}`),
        encodeParameter('X-Amz-Date', timestamp),
        encodeParameter('X-Amz-Expires', String(expiresIn)),
        encodeParameter('X-Amz-SignedHeaders', signedHeaders.join(';')),
      ];
      if (credentials.sessionToken !== undefined) {
        parameters.push(encodeParameter('X-Amz-Security-Token', credentials.sessionToken));
      }
      for (const name in query) parameters.push(encodeParameter(name, query[name] ?? ''));

      const path = `${base}/${uriEncode(key, { slash: false })}`;
      const signedQuery = canonicalQuery(parameters);
      const canonical = canonicalRequest({
        method,
        path,
        query: signedQuery,
        headers: allHeaders,
        signedHeaders,
        payloadHash: UNSIGNED_PAYLOAD,
      });
      const signature = hmacHex(
        signingKey(credentials.secretAccessKey, scope),
        stringToSign(timestamp, scope, canonical),
      );
      // Where it sorts among the others, as AWS's SDKs write it.
      return `${origin}${path}?${signedQuery.replace('&X-Amz-SignedHeaders=', `&X-Amz-Signature=${signature}$&`)}`;
    },
  };
}
