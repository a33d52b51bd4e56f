import { CALLS, type CallName, callPath, type Family, isRetryable } from '@darkslide/contract';
import {
  AuthenticationError,
  ConfigurationError,
  ProtocolError,
  RefusedError,
  TransportError,
  UnavailableError,
} from '../base/errors.ts';
import type { Clock, Transport, TransportResponse } from '../base/ports.ts';
import { type Retrier, type RetryDecision, type RetryInfo, retryAfterMs } from '../base/retry.ts';
import { watched } from '../base/watchdog.ts';
import { basicCredentials, shownUrl } from './server-url.ts';

/** The API responds within this time. */
const RESPONSE_MS = 60_000;
/** Completing thousands of parts may take minutes. */
const COMPLETE_RESPONSE_MS = 300_000;

export type Call = {
  route: CallName;
  flow: Family;
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** The server is known to have this route: a response that it does not comes from a fault in between. */
  known?: boolean | undefined;
  signal?: AbortSignal | undefined;
};

export type CallerOptions = {
  /**
   * The API's URL. A path before `/v1` is kept; `/v1` itself is optional. A user and a password in it are for a proxy in
   * front of the API: they are sent as Basic credentials, and never shown.
   */
  url: string;
  apiKey: string;
  transport: Transport;
  clock: Clock;
  retrier: Retrier;
  onRetry?: ((call: CallName, info: RetryInfo) => void) | undefined;
};

/** The server asks to try later. Becomes an `UnavailableError` when patience ends. */
class LaterError extends Error {
  override readonly name = 'LaterError';
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs: number | undefined) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** Makes the API's calls. The only place that knows its envelope, its errors, and which of them are temporary. */
export class ApiCaller {
  readonly #options: CallerOptions;
  readonly #base: string;
  readonly #credentials: string | undefined;

  /** @throws {ConfigurationError} for an invalid URL, or an API key that no header can contain. */
  constructor(options: CallerOptions) {
    this.#options = options;
    const url = serverUrl(options.url);
    this.#base = `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#credentials = basicCredentials(url);
    if (!/^[\x21-\x7e]+$/.test(options.apiKey)) {
      throw new ConfigurationError('The API key is empty or contains invalid characters.');
    }
  }

  /**
   * Returns the response's `data`; undefined where it has no body.
   * @throws {AuthenticationError | RefusedError | UnavailableError | ProtocolError | ConfigurationError}
   */
  async call(call: Call): Promise<unknown> {
    const { retrier, onRetry } = this.#options;
    const requestId = newRequestId();
    try {
      return await retrier.run({
        attempt: (number) => this.#once(call, { requestId, fresh: number > 1 }),
        decide,
        signal: call.signal,
        onRetry: onRetry && ((info) => onRetry(call.route, info)),
      });
    } catch (error) {
      throw asThrown(error, { base: this.#base, requestId });
    }
  }

  async #once(call: Call, { requestId, fresh }: { requestId: string; fresh: boolean }): Promise<unknown> {
    const { transport, clock, apiKey } = this.#options;
    const { method } = CALLS[call.route];
    const responseMs = call.route === 'completeMultipart' ? COMPLETE_RESPONSE_MS : RESPONSE_MS;
    const response = await watched({
      clock,
      signal: call.signal,
      stallMs: responseMs,
      responseMs,
      work: ({ signal }) =>
        transport.send({
          method,
          url: this.#url(call),
          headers: {
            'x-api-key': apiKey,
            'x-request-id': requestId,
            accept: 'application/json',
            ...(this.#credentials && { authorization: this.#credentials }),
            ...(call.body && { 'content-type': 'application/json' }),
          },
          ...(call.body && { body: JSON.stringify(call.body) }),
          fresh,
          signal,
        }),
    });
    try {
      return readResponse(response, { url: this.#url(call), base: this.#base, requestId });
    } catch (error) {
      if (call.known && isUnknownRoute(error)) {
        throw new LaterError(`The server returned ${response.status}.`, undefined);
      }
      throw error;
    }
  }

  #url({ route, flow, params, query = {} }: Call): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
    const search = parameters.toString();
    return this.#base + callPath(flow, route, params) + (search && `?${search}`);
  }
}

function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigurationError(
    `"${shownUrl(text)}" is not an http or https URL. Use the server's URL, for example http://127.0.0.1:8080.`,
  );
}

/** Sent with every attempt of a call, so that the server's log has all of them under one id. */
function newRequestId(): string {
  // Not randomUUID: pages on plain http do not have it.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

type Sent = { url: string; base: string; requestId: string };

function readResponse(response: TransportResponse, sent: Sent): unknown {
  const { status, headers, text } = response;
  const body = parse(text);
  if (status >= 200 && status < 300) {
    if (status === 204 || text === '') return undefined;
    if (body === undefined) throw new ProtocolError(`The server returned ${status} with a body that is not JSON.`);
    return 'data' in body ? body.data : body;
  }
  if (status >= 300 && status < 400) throw moved(response, sent);
  throw refusal({ status, headers, body, sentId: sent.requestId });
}

const PERMANENT_REDIRECTS = new Set([301, 308]);

/** Redirects are not followed: a POST could become a GET, and the key would go to a host that the user did not name. */
function moved({ status, headers }: TransportResponse, { url, base, requestId }: Sent): Error {
  const target = headers.location === undefined ? null : URL.parse(headers.location, url);
  const route = url.slice(base.length);
  const place = target && shownUrl(target.href.endsWith(route) ? target.href.slice(0, -route.length) : target.href);
  if (place && PERMANENT_REDIRECTS.has(status)) {
    return new ConfigurationError(`The server at ${base} has moved to ${place}: use that URL.`);
  }
  const where = place ? ` and points to ${place}` : '';
  return new RefusedError(
    `The server at ${base} returned ${status}${where}. If a network asks you to sign in, do so first; otherwise check the URL.`,
    { status, requestId },
  );
}

const RESOURCE_NOT_FOUND_CODES = new Set(['project_not_found', 'upload_not_found', 'file_not_found']);

/** Whether an error is a 404 or 405 about the route itself, not about a resource. */
export const isUnknownRoute = (error: unknown): boolean =>
  error instanceof RefusedError &&
  (error.status === 404 || error.status === 405) &&
  !RESOURCE_NOT_FOUND_CODES.has(error.code);

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

type ErrorFields = { code?: unknown; message?: unknown; request_id?: unknown; details?: unknown };

type Refused = {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Record<string, unknown> | undefined;
  sentId: string;
};

function refusal({ status, headers, body, sentId }: Refused): Error {
  const fields = (typeof body?.error === 'object' && body.error !== null ? body.error : {}) as ErrorFields;
  const code = typeof fields.code === 'string' ? fields.code : '';
  const message =
    typeof fields.message === 'string'
      ? fields.message
      : `The server returned ${status} without a reason. Check that the URL is that of the API.`;
  if (isTemporary(status, code)) return new LaterError(message, retryAfterMs(headers));
  const details = Array.isArray(fields.details) ? fields.details : [];
  const requestId = typeof fields.request_id === 'string' ? fields.request_id : sentId;
  const response = { status, code, details, requestId };
  return status === 401 ? new AuthenticationError(message, response) : new RefusedError(message, response);
}

function isTemporary(status: number, code: string): boolean {
  if (isRetryable(code)) return true;
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

function decide(error: unknown): RetryDecision {
  if (error instanceof LaterError) return { retry: true, afterMs: error.afterMs };
  // An incomplete or garbled response is most often caused by a proxy.
  if (error instanceof ProtocolError) return { retry: true };
  if (error instanceof TransportError) return { retry: error.kind !== 'certificate' && error.kind !== 'invalid' };
  return { retry: false };
}

function asThrown(error: unknown, { base, requestId }: { base: string; requestId: string }): unknown {
  if (error instanceof LaterError) {
    return new UnavailableError(`${base} kept failing: ${error.message}`, { cause: error, requestId });
  }
  if (error instanceof TransportError) {
    if (error.kind === 'certificate' || error.kind === 'invalid') {
      return new ConfigurationError(`Cannot connect to ${base}: ${error.message}.`, { cause: error });
    }
    const message = `${base} could not be reached: ${error.message}. Check the URL, the network, and that the server is running.`;
    return new UnavailableError(message, { cause: error, requestId });
  }
  return error;
}
