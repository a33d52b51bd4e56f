import { CALLS, type CallName, callPath, ERRORS, type ErrorCode, type Family } from '@darkslide/contract';
import {
  AuthenticationError,
  ConfigurationError,
  ProtocolError,
  RefusedError,
  TransportError,
  UnavailableError,
} from '../base/errors.ts';
import type { Clock, Transport, TransportResponse } from '../base/ports.ts';
import { type Retrier, type RetryInfo, retryAfterMs, type Verdict } from '../base/retry.ts';
import { watched } from '../base/watchdog.ts';
import { basicCredentials, shownUrl } from './server-url.ts';

/** No answer of the API takes longer, in milliseconds. */
const ANSWER_MS = 60_000;
/** Completing thousands of parts may take minutes. */
const COMPLETE_MS = 300_000;

export type Call = {
  route: CallName;
  family: Family;
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** This server has answered the call before: an answer that it has no such route is a fault on the way. */
  known?: boolean | undefined;
  signal?: AbortSignal | undefined;
};

export type CallerOptions = {
  /**
   * Where the API lives; a path before `/v1` is kept, `/v1` itself may be there or not. A user and a password in it are
   * for a proxy in front of the API: they are sent as Basic credentials, and never shown.
   */
  url: string;
  apiKey: string;
  transport: Transport;
  clock: Clock;
  retrier: Retrier;
  onRetry?: ((call: CallName, info: RetryInfo) => void) | undefined;
};

/** An answer that says "later": kept apart from refusals until patience ends. */
class LaterError extends Error {
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs: number | undefined) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** Makes the API's calls: the one place that knows its envelope, its errors, and which of them pass. */
export class ApiCaller {
  readonly #options: CallerOptions;
  readonly #base: string;
  readonly #credentials: string | undefined;

  /** @throws {ConfigurationError} for a URL that is not one, or an API key that no header can hold. */
  constructor(options: CallerOptions) {
    this.#options = options;
    const url = serverUrl(options.url);
    this.#base = `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#credentials = basicCredentials(url);
    if (!/^[\x21-\x7e]+$/.test(options.apiKey)) {
      throw new ConfigurationError('The API key is empty or has characters that no API key has.');
    }
  }

  /**
   * What stands in the answer's `data`; undefined where there is no body.
   * @throws {AuthenticationError | RefusedError | UnavailableError | ProtocolError | ConfigurationError}
   */
  async call(call: Call): Promise<unknown> {
    const { retrier, onRetry } = this.#options;
    const requestId = newRequestId();
    try {
      return await retrier.run({
        attempt: (number) => this.#once(call, { requestId, fresh: number > 1 }),
        judge,
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
    const answerMs = call.route === 'completeMultipart' ? COMPLETE_MS : ANSWER_MS;
    const response = await watched({
      clock,
      signal: call.signal,
      stallMs: answerMs,
      answerMs,
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
      return readAnswer(response, { url: this.#url(call), base: this.#base, requestId });
    } catch (error) {
      if (call.known && isUnknownRoute(error))
        throw new LaterError(`The server answered ${response.status}.`, undefined);
      throw error;
    }
  }

  #url({ route, family, params, query = {} }: Call): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
    const search = asked.toString();
    return this.#base + callPath(family, route, params) + (search && `?${search}`);
  }
}

function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigurationError(
    `"${shownUrl(text)}" is not an http or https URL. Give the server's, as in http://127.0.0.1:8080.`,
  );
}

/** Sent with every attempt of a call, so that the server's log tells of all of them under one id. */
function newRequestId(): string {
  // Not randomUUID: pages on plain http have none.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

type Sent = { url: string; base: string; requestId: string };

function readAnswer(response: TransportResponse, sent: Sent): unknown {
  const { status, headers, text } = response;
  const body = parse(text);
  if (status >= 200 && status < 300) {
    if (status === 204 || text === '') return undefined;
    if (body === undefined) throw new ProtocolError(`The server answered ${status} with something that is not JSON.`);
    return 'data' in body ? body.data : body;
  }
  if (status >= 300 && status < 400) throw moved(response, sent);
  throw refusal({ status, headers, body, sentId: sent.requestId });
}

const FOR_GOOD = new Set([301, 308]);

/** Calls are not sent on: a POST could become a GET, and the key would go to a host that nobody named. */
function moved({ status, headers }: TransportResponse, { url, base, requestId }: Sent): Error {
  const target = headers.location === undefined ? null : URL.parse(headers.location, url);
  const route = url.slice(base.length);
  const place = target && shownUrl(target.href.endsWith(route) ? target.href.slice(0, -route.length) : target.href);
  if (place && FOR_GOOD.has(status)) {
    return new ConfigurationError(`The server at ${base} has moved to ${place}: use that URL.`);
  }
  const where = place ? ` and points to ${place}` : '';
  return new RefusedError(
    `The server at ${base} answered ${status}${where}. If a network asks you to sign in, do so first; otherwise check the URL.`,
    { status, requestId },
  );
}

const ABOUT_A_THING = new Set(['project_not_found', 'upload_not_found', 'file_not_found']);

/** A 404 or 405 about the route itself, and not about something that the route was asked for. */
export const isUnknownRoute = (error: unknown): boolean =>
  error instanceof RefusedError && (error.status === 404 || error.status === 405) && !ABOUT_A_THING.has(error.code);

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

type ErrorAnswer = { code?: unknown; message?: unknown; request_id?: unknown; details?: unknown };

type Refusal = {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Record<string, unknown> | undefined;
  sentId: string;
};

function refusal({ status, headers, body, sentId }: Refusal): Error {
  const said = (typeof body?.error === 'object' && body.error !== null ? body.error : {}) as ErrorAnswer;
  const code = typeof said.code === 'string' ? said.code : '';
  const message =
    typeof said.message === 'string'
      ? said.message
      : `The server answered ${status} without a reason. Check that its address is that of the API.`;
  if (passes(status, code)) return new LaterError(message, retryAfterMs(headers));
  const details = Array.isArray(said.details) ? said.details : [];
  const requestId = typeof said.request_id === 'string' ? said.request_id : sentId;
  const answer = { status, code, details, requestId };
  return status === 401 ? new AuthenticationError(message, answer) : new RefusedError(message, answer);
}

function passes(status: number, code: string): boolean {
  const known = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
  if (known && 'retryable' in known) return true;
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

function judge(error: unknown): Verdict {
  if (error instanceof LaterError) return { retry: true, afterMs: error.afterMs };
  // A cut or garbled answer is most often a proxy's doing.
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
      return new ConfigurationError(`${base} can't be talked to: ${error.message}.`, { cause: error });
    }
    const message = `${base} could not be reached: ${error.message}. Check that address, the network, and that the server runs.`;
    return new UnavailableError(message, { cause: error, requestId });
  }
  return error;
}
