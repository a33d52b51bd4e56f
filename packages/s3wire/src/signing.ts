import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Credentials } from './credentials.ts';
import { amzDate } from './dates.ts';
import { canonicalQuery, parseQuery, recode } from './encode.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Header values as `node:http` gives them; several values of one name as an array (`headersDistinct`). */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a signing key is good for: one day, one region, one service. */
export type Scope = { day: string; region: string; service: string };

export const scopeText = ({ day, region, service }: Scope) => `${day}/${region}/${service}/aws4_request`;

/** Text of one character per byte, as header values are on Node. */
export const sha256Hex = (text: string) => hash('sha256', Buffer.from(text, 'latin1'), 'hex');

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export const hmacHex = (key: KeyObject, text: string) => createHmac('sha256', key).update(text).digest('hex');

/** Constant-time comparison. */
export function isSameSignature(ours: string, theirs: string | undefined): boolean {
  const a = Buffer.from(ours);
  const b = Buffer.from(theirs ?? '');
  return a.length === b.length && timingSafeEqual(a, b);
}

const MAX_CACHED_KEYS = 64;
const signingKeys = new Map<string, KeyObject>();

/**
 * The key that signs within a scope. The last 64 are remembered: it changes once a day and costs four HMACs.
 * A KeyObject, because Node imports a key given as bytes anew for every HMAC, which takes six times as long.
 */
export function signingKey(secretAccessKey: string, scope: Scope): KeyObject {
  const name = `${scopeText(scope)}\n${secretAccessKey}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;

  const dayKey = hmac(`AWS4${secretAccessKey}`, scope.day);
  const key = createSecretKey(hmac(hmac(hmac(dayKey, scope.region), scope.service), 'aws4_request'));
  const oldest = signingKeys.keys().next();
  if (signingKeys.size >= MAX_CACHED_KEYS && !oldest.done) signingKeys.delete(oldest.value);
  signingKeys.set(name, key);
  return key;
}

/** Trimmed, with each run of blanks made one; several values are joined by a comma; an absent header is empty. */
export function canonicalHeaderValue(value: string | readonly string[] | undefined): string {
  if (value === undefined) return '';
  const values = typeof value === 'string' ? [value] : value;
  return values.map((one) => one.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')).join(',');
}

export type CanonicalRequest = {
  method: string;
  /** Already in AWS's encoding. */
  path: string;
  query: string;
  headers: RequestHeaders;
  /** Lower-case, sorted. */
  signedHeaders: readonly string[];
  payloadHash: string;
};

export function canonicalRequest(request: CanonicalRequest): string {
  const headerOf = (name: string) => (Object.hasOwn(request.headers, name) ? request.headers[name] : undefined);
  const headers = request.signedHeaders.map((name) => `${name}:${canonicalHeaderValue(headerOf(name))}\n`);
  return `${request.method}\n${request.path}\n${request.query}\n${headers.join('')}\n${request.signedHeaders.join(';')}\n${request.payloadHash}`;
}

export function stringToSign(timestamp: string, scope: Scope, canonical: string): string {
  return `${ALGORITHM}\n${timestamp}\n${scopeText(scope)}\n${sha256Hex(canonical)}`;
}

/** Headers that proxies and clients change on the way, so AWS's signers leave them out. */
const UNSIGNABLE =
  /^(authorization|cache-control|connection|expect|from|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amzn-trace-id|(proxy|sec)-.*)$/;

/**
 * Signs a request in its headers and returns all headers to send: those given, lower-case, with `host`,
 * `x-amz-date`, `x-amz-content-sha256`, where needed `x-amz-security-token`, and `authorization`.
 */
export function signRequest(request: {
  method: string;
  url: string | URL;
  headers?: Readonly<Record<string, string>>;
  credentials: Credentials;
  region: string;
  service?: string;
  now: Date;
  /** Hex SHA-256 of the body, or one of AWS's words for a body that is not hashed. */
  payloadHash?: string;
}): Record<string, string> {
  const { credentials, region, service = 's3', payloadHash = UNSIGNED_PAYLOAD } = request;
  const url = new URL(request.url);
  const timestamp = amzDate(request.now);
  const scope = { day: timestamp.slice(0, 8), region, service };

  const headers: Record<string, string> = { host: url.host };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  headers['x-amz-date'] = timestamp;
  headers['x-amz-content-sha256'] = payloadHash;
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;

  const signedHeaders = Object.keys(headers)
    .filter((name) => !UNSIGNABLE.test(name))
    .sort();
  const canonical = canonicalRequest({
    method: request.method,
    path: recode(url.pathname, { slash: false }),
    query: canonicalQuery(parseQuery(url.search.slice(1))),
    headers,
    signedHeaders,
    payloadHash,
  });
  const signature = hmacHex(signingKey(credentials.secretAccessKey, scope), stringToSign(timestamp, scope, canonical));
  headers.authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return headers;
}
