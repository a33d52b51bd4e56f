import type { Agent, AgentOptions, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import { TransportError, type TransportFailure } from '../base/errors.ts';
import type { Body, Pace, Received, Transport, TransportRequest, TransportResponse } from '../base/ports.ts';
import { type Environment, proxiesOf } from './proxies.ts';

// An `import` would evaluate all exports, and so load undici for WebSocket: 20 ms of CPU and 10 MB of memory.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** Larger responses come neither from the API nor from a storage. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
/** A connection must be made within this time. */
const CONNECT_MS = 20_000;
/** An idle connection is kept this long: shorter than servers usually keep it, so that it is not stale. */
const KEEP_IDLE_MS = 4_000;

export type NodeTransport = Transport & {
  /** Closes idle connections. */
  close(): void;
};

/**
 * HTTP/1.1 over `node:http` and `node:https`, with connections kept for the next request. Bodies are sent chunk by chunk
 * as the socket takes them: nothing is buffered.
 * @param env names the proxies, as `proxiesOf` reads it. @throws {ConfigurationError} as that does.
 */
export function createNodeTransport({ env = {} }: { env?: Environment } = {}): NodeTransport {
  const direct = createAgents(KEPT);
  const proxied = new Map<string, Agents>();
  const proxyOf = proxiesOf(env);
  const wayTo = (url: string): Way => {
    const proxy = proxyOf?.(new URL(url));
    if (proxy === undefined) return { agents: direct };
    const agents = proxied.get(proxy) ?? createAgents({ ...KEPT, ...throughProxy(proxy) });
    proxied.set(proxy, agents);
    return { agents, proxy };
  };
  return {
    send: (request) => exchange(request, wayTo(request.url)),
    receive: (request) => receive({ ...request, method: 'GET' }, wayTo(request.url)),
    close() {
      for (const agents of [direct, ...proxied.values()]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

type Agents = { http: Agent; https: SecureAgent };

/** How a URL is reached. */
type Way = { agents: Agents; proxy?: string };

const KEPT: AgentOptions = { keepAlive: true, timeout: KEEP_IDLE_MS, scheduling: 'lifo' };

/** The agents' own list of exceptions is empty: which URLs go through a proxy is decided before. */
const throughProxy = (proxy: string): AgentOptions => ({
  proxyEnv: { http_proxy: proxy, https_proxy: proxy },
  // Also how long a proxy may take to make a tunnel.
  timeout: CONNECT_MS,
});

const createAgents = (options: AgentOptions): Agents => ({
  http: new http.Agent(options),
  https: new https.Agent(options),
});

function open({ url, method, headers, body, fresh }: TransportRequest, { agents, proxy }: Way): ClientRequest {
  const secure = url.startsWith('https:');
  const length = body === undefined ? undefined : typeof body === 'string' ? Buffer.byteLength(body) : body.size;
  // Without an agent there is no proxy either.
  const unkept = proxy === undefined ? false : createAgents(throughProxy(proxy))[secure ? 'https' : 'http'];
  const options = {
    method,
    headers: { ...headers, 'user-agent': 'darkslide', ...(length !== undefined && { 'content-length': length }) },
    agent: fresh ? unkept : secure ? agents.https : agents.http,
  };
  try {
    return secure ? https.request(url, options) : http.request(url, options);
  } catch (error) {
    throw new TransportError('invalid', `${hostOf(url)}: the request is not possible`, { cause: error });
  }
}

/** How far an exchange has come. */
type Exchange = { written: number; refused: boolean; whole: boolean };

async function exchange(asked: TransportRequest, way: Way): Promise<TransportResponse> {
  const { url, signal } = asked;
  signal?.throwIfAborted();
  const request = open(asked, way);
  const abort = () => request.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const state: Exchange = { written: 0, refused: false, whole: false };
  try {
    const response = responseOf(request, { url, proxy: way.proxy, state });
    response.catch(() => {});
    const sending = sendBody(request, asked, state);
    // A body that cannot be read ends the exchange; one that cannot be written makes the request fail.
    const [whole] = await Promise.all([response, sending]);
    return whole;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!state.whole) request.destroy();
  }
}

/** A download fails when no byte comes for this long. */
const MAX_SILENCE_MS = 30_000;

async function receive(asked: TransportRequest, way: Way): Promise<Received> {
  const { url, signal } = asked;
  signal?.throwIfAborted();
  const request = open(asked, way);
  const abort = () => request.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const close = () => {
    signal?.removeEventListener('abort', abort);
    request.destroy();
  };
  const fail = (error: unknown): never => {
    close();
    signal?.throwIfAborted();
    const state = { written: 0, refused: false, whole: true };
    throw asTransportError(error, { request, url, proxy: way.proxy, state });
  };
  request.setTimeout(MAX_SILENCE_MS, () => request.destroy(new TransportError('timeout', 'no more bytes came')));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // The listener stays: a destroyed request may fail once more.
    request.on('error', reject).once('response', resolve).end();
  }).catch(fail);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* response;
    } catch (error) {
      fail(error);
    }
  }
  return { status: response.statusCode ?? 0, headers: plainHeaders(response.headers), chunks: chunks(), close };
}

type Asked = { url: string; proxy: string | undefined; state: Exchange };

function responseOf(request: ClientRequest, { url, proxy, state }: Asked): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(asTransportError(error, { request, url, proxy, state }));
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(
        () => request.destroy(new TransportError('unreachable', 'it does not respond')),
        CONNECT_MS,
      );
      socket.once('connect', () => clearTimeout(late));
      socket.once('close', () => clearTimeout(late));
    });
    // The listener stays: a destroyed request may fail once more.
    request.on('error', fail);
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      state.refused = status >= 300;
      if (proxy !== undefined && status === PROXY_AUTHENTICATION_REQUIRED) {
        return fail(new TransportError('invalid', PROXY_PASSWORD_NEEDED));
      }
      collect(response).then((text) => resolve({ status, headers: plainHeaders(response.headers), text }), fail);
    });
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) throw new TransportError('invalid', 'its response is larger than 32 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

async function sendBody(
  request: ClientRequest,
  { body, onSent, pace }: TransportRequest,
  state: Exchange,
): Promise<void> {
  if (body === undefined || typeof body === 'string') {
    request.end(body);
    state.whole = true;
    return;
  }
  for await (const chunk of pace ? paced(body, pace) : body.chunks()) {
    // A refused or failed request needs no more bytes: the response or the error follows.
    if (state.refused || request.destroyed) return;
    await write(request, chunk);
    if (request.destroyed) return;
    state.written += chunk.length;
    onSent?.(chunk.length);
  }
  request.end();
  state.whole = true;
}

async function* paced(body: Body, pace: Pace): AsyncIterable<Uint8Array> {
  for await (const chunk of body.chunks()) {
    for (let at = 0; at < chunk.length; at += pace.piece) {
      const piece = chunk.subarray(at, at + pace.piece);
      await pace.take(piece.length);
      yield piece;
    }
  }
}

/** Resolves when the system has taken the bytes, or the request has ended. */
function write(request: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    request.once('close', resolve);
    request.write(chunk, () => {
      request.off('close', resolve);
      resolve();
    });
  });
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

/** A kept connection that fails before this many bytes were written was closed by the other side. */
const STALE_BYTES = 1024 * 1024;

function asTransportError(
  error: unknown,
  { request, url, proxy, state }: Asked & { request: ClientRequest },
): TransportError {
  const host = proxy === undefined ? hostOf(url) : `${hostOf(url)} by the proxy ${hostOf(proxy)}`;
  if (error instanceof TransportError) {
    return new TransportError(error.kind, `${host}: ${error.message}`, { cause: error.cause });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_PROXY_TUNNEL') return noTunnel(error as Error & { statusCode?: number }, host);
  const kind = kindOf(code, request.reusedSocket && state.written < STALE_BYTES);
  const reason = REASONS[code] ?? (error instanceof Error && error.message ? error.message.split('\n')[0] : code);
  return new TransportError(kind, `${host}: ${reason}`, { cause: error });
}

const PROXY_AUTHENTICATION_REQUIRED = 407;
const PROXY_PASSWORD_NEEDED =
  'the proxy asks for a user and a password (407). Put them into its URL, as in http://user:password@proxy:3128';

function noTunnel(error: Error & { statusCode?: number }, host: string): TransportError {
  const { statusCode } = error;
  if (statusCode === PROXY_AUTHENTICATION_REQUIRED) {
    return new TransportError('invalid', `${host}: ${PROXY_PASSWORD_NEEDED}`);
  }
  const reason = statusCode === undefined ? 'the proxy refuses a tunnel' : `the proxy refuses a tunnel (${statusCode})`;
  const kind = statusCode !== undefined && statusCode < 500 && statusCode !== 429 ? 'invalid' : 'unreachable';
  return new TransportError(kind, `${host}: ${reason}. List hosts that need no proxy in NO_PROXY`, { cause: error });
}

/** Plain words for the most frequent errors. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at this address',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was lost',
  EHOSTUNREACH: 'no route to host',
  EPROTO: 'it does not speak TLS as expected (an address with http:// may be right)',
  ENETUNREACH: 'no route to host',
  EMFILE: 'too many files and connections are open',
  ENFILE: 'too many files and connections are open',
};

function kindOf(code: string, mayBeStale: boolean): TransportFailure {
  if (UNREACHABLE.has(code)) return 'unreachable';
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'certificate';
  if (code.startsWith('HPE_') || code === 'ERR_INVALID_CHAR') return 'invalid';
  return mayBeStale ? 'stale' : 'reset';
}

/** The only part of a link that may be shown: the rest gives access to the storage. */
const hostOf = (url: string) => URL.parse(url)?.host ?? 'the server';
