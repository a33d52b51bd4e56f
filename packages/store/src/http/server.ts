import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buildErrorXml, S3Error } from '@darkslide/s3wire';
import type { Store } from '../store.ts';
import { Exchange, type Keys } from './exchange.ts';

/** Bytes of a request's headers: a key of 1,024 bytes, each percent-encoded, 2 KiB of metadata, and a signature. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds that an idle connection is kept. */
const KEEP_ALIVE_MS = 30_000;

/** The store's HTTP side. */
export class HttpServer {
  readonly #server: Server;
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor({ store, keys }: { store: Store; keys: Keys }) {
    this.#store = store;
    this.#keys = keys;
    const { headersTimeoutMs, maxConnections } = store.limits;
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      // Bodies keep their own time: a slow one may take hours, a stalled one may not.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(5000, headersTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('request', (request, response) => this.#accept(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#accept(request, response, true));
    this.#server.on('clientError', answerBrokenRequest);
  }

  /** Requests that are being answered. */
  get size(): number {
    return this.#running.size;
  }

  /** Answers the port. Throws with one sentence where it can't be had. */
  async listen({ host, port }: { host: string; port: number }): Promise<number> {
    this.#server.listen({ host, port });
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      const reason = isTaken ? 'another program listens there' : (error as Error).message;
      throw new Error(`The store can't listen on ${host}:${port}: ${reason}.`, { cause: error });
    }
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no further requests, lets those at work end, and after `graceMs` gives them up. */
  async close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.#stop.abort();
      this.#server.closeAllConnections();
    }, graceMs);
    await Promise.all(this.#running);
    this.#server.closeAllConnections();
    await closed;
    clearTimeout(timer);
  }

  #accept(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#closing) {
      const error = new S3Error('ServiceUnavailable');
      response.writeHead(error.status, { connection: 'close', 'content-type': 'application/xml' });
      response.end(buildErrorXml(error));
      return;
    }
    const exchange = new Exchange({ store: this.#store, keys: this.#keys, request, response, expectsContinue });
    const run = exchange.run(this.#stop.signal).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }
}

/** What is no HTTP, or comes too slowly to become a request. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = new S3Error(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'RequestTimeout' : 'BadRequest');
  const body = buildErrorXml(refusal);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
