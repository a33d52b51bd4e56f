import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { limitConnections } from '@darkslide/connections';
import { buildErrorXml, S3Error } from '@darkslide/s3wire';
import { Exchange, type Keys } from './exchange.ts';
import { isSharedAddress, type Store } from './store.ts';

/** Bytes of a request's headers: a key of 1,024 bytes, each percent-encoded, 2 KiB of metadata, and a signature. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds that an idle connection is kept. */
const KEEP_ALIVE_MS = 30_000;

/** Connections of this machine's own programs. */
const MAX_OWN_CONNECTIONS = 256;

/**
 * The store's HTTP side. It listens twice: for clients, and on a port of 127.0.0.1 for the server that hands out their
 * links, which nothing that clients do can keep from the store.
 */
export class HttpServer {
  readonly #clients: Server;
  readonly #own: Server;
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor({ store, keys }: { store: Store; keys: Keys }) {
    this.#store = store;
    this.#keys = keys;
    this.#clients = this.#createServer();
    this.#own = this.#createServer();
    const { maxConnections: max, maxConnectionsPerClient: maxPerAddress } = store.limits;
    const isShared = (address: string) => isSharedAddress(address, store);
    limitConnections(this.#clients, { max, maxPerAddress, isShared });
    limitConnections(this.#own, { max: MAX_OWN_CONNECTIONS, maxPerAddress, isShared });
  }

  /** Requests in progress. */
  get size(): number {
    return this.#running.size;
  }

  /** Returns both ports. @throws with one sentence where the clients' can't be had */
  async listen({ host, port }: { host: string; port: number }): Promise<{ port: number; ownPort: number }> {
    const bound = await listen(this.#clients, { host, port });
    return { port: bound, ownPort: await listen(this.#own, { host: '127.0.0.1', port: 0 }) };
  }

  /** Accepts no further requests, lets those in progress end, and ends the rest after `graceMs`. */
  async close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closing = true;
    const servers = [this.#clients, this.#own];
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of servers) server.closeIdleConnections();
    const closeAll = () => {
      for (const server of servers) server.closeAllConnections();
    };
    const timer = setTimeout(() => {
      this.#stop.abort();
      closeAll();
    }, graceMs);
    await Promise.all(this.#running);
    closeAll();
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #createServer(): Server {
    const { headersTimeoutMs } = this.#store.limits;
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      // Bodies keep their own time: a slow one may take hours, a stalled one may not.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(5000, headersTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.on('request', (request, response) => this.#accept(request, response, false));
    server.on('checkContinue', (request, response) => this.#accept(request, response, true));
    server.on('clientError', refuseBrokenRequest);
    return server;
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

/** What is not HTTP, or comes too slowly to become a request. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
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

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const reason = isTaken ? 'another program listens there' : (error as Error).message;
    throw new Error(`The store can't listen on ${host}:${port}: ${reason}.`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}
