import http from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

export type RawRequest = {
  url: string | URL;
  method?: string;
  /** Sent as they stand, in this order. Only `Host` is added, and `Content-Length` where a body has a known size. */
  headers?: Readonly<Record<string, string>> | HeaderPairs;
  body?: Uint8Array | string | Readable | AsyncIterable<Uint8Array>;
  /** The request-target as it goes on the wire, where URL parsing would rewrite it (`/a/../b`, `%2e`). */
  target?: string;
  /** The wait for the whole answer, in milliseconds. */
  timeoutMs?: number;
};

export type RawResponse = {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  text: string;
  /** @throws {SyntaxError} when the body is not JSON. */
  json<Shape = unknown>(): Shape;
};

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * One HTTP request with exactly the given headers: no `Content-Type`, `Connection`, `Accept` or `User-Agent` of its own.
 * Each request takes a fresh connection. An answer that comes before the body was taken is returned, as a server
 * may refuse early.
 * @throws {Error} when the connection fails before an answer, or the answer does not come in time.
 */
export function request(options: RawRequest): Promise<RawResponse> {
  const url = new URL(options.url);
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const outgoing = http.request({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    method: options.method ?? 'GET',
    path: options.target ?? url.pathname + url.search,
    headers: headerList(options, url),
    setDefaultHeaders: false,
    agent: false,
    signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
  });
  let answered = false;
  outgoing.on('response', (incoming) => {
    answered = true;
    collect(incoming).then((body) => resolve(response(incoming, body)), reject);
  });
  outgoing.on('error', (error) => {
    if (!answered) reject(error);
  });
  sendBody(outgoing, options.body);
  return promise;
}

function headerList({ headers = {}, body }: RawRequest, url: URL): string[] {
  const pairs: HeaderPairs = isPairs(headers) ? headers : Object.entries(headers);
  const names = new Set(pairs.map(([name]) => name.toLowerCase()));
  const list = pairs.flat();
  if (!names.has('host')) list.unshift('Host', url.host);
  const framed = names.has('content-length') || names.has('transfer-encoding');
  if (!framed && (typeof body === 'string' || body instanceof Uint8Array)) {
    list.push('Content-Length', String(Buffer.byteLength(body)));
  }
  return list;
}

function isPairs(headers: NonNullable<RawRequest['headers']>): headers is HeaderPairs {
  return Array.isArray(headers);
}

function sendBody(outgoing: http.ClientRequest, body: RawRequest['body']): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  const source = body instanceof Readable ? body : Readable.from(body);
  source.on('error', (error) => outgoing.destroy(error));
  outgoing.on('close', () => source.destroy());
  source.pipe(outgoing);
}

async function collect(incoming: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function response(incoming: http.IncomingMessage, body: Buffer): RawResponse {
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body,
    get text() {
      return body.toString('utf8');
    },
    json: <Shape>() => JSON.parse(body.toString('utf8')) as Shape,
  };
}

/** A bare TCP connection, for requests that no HTTP client would send. */
export type Connection = {
  /** Resolves once the bytes were handed to the kernel. */
  send(bytes: Uint8Array | string): Promise<void>;
  /** Everything the other side says until it closes, or until `until` says that it is enough. */
  receive(options?: { until?: (text: string) => boolean; timeoutMs?: number }): Promise<string>;
  /** Ends with a TCP reset, as a client does that was pulled from the network. */
  reset(): void;
  close(): void;
};

export async function connect(url: string | URL): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  await connected;
  let received = '';
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
  return {
    send: (bytes) =>
      new Promise((done, failed) => {
        socket.write(bytes, (error) => (error ? failed(error) : done()));
      }),
    receive: async ({ until = () => false, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) => {
      const signal = AbortSignal.timeout(timeoutMs);
      while (!until(received) && !socket.closed) {
        await nextEvent(socket, signal);
      }
      return received;
    },
    reset: () => socket.resetAndDestroy(),
    close: () => socket.destroy(),
  };
}

/** The next data or the end of a connection, whichever comes first. */
function nextEvent(socket: net.Socket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = () => resolve();
  const late = () => reject(new Error('The other side neither answered nor closed the connection in time.'));
  socket.once('data', done).once('close', done);
  signal.addEventListener('abort', late, { once: true });
  return promise.finally(() => {
    socket.off('data', done).off('close', done);
    signal.removeEventListener('abort', late);
  });
}
