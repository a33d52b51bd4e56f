import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { UnusableError } from '../trouble/diagnosis.ts';
import { diagnoseListening } from '../trouble/listening.ts';
import type { MetricsExporter } from './metrics.ts';

/** Who may read the metrics, and where. On the API's own port never without a token. */
export type MetricsAccess = { port: number; token?: string | undefined } | { port?: undefined; token: string };

export type MetricsRoute = { exporter: MetricsExporter; token: string };

const UNAUTHORIZED = 'Send the metrics token as Authorization: Bearer TOKEN.\n';
/** No scraper sends more, and none takes longer for it; bytes and milliseconds. */
const MAX_HEADER_BYTES = 8192;
const HEADERS_TIMEOUT_MS = 5000;

/** `GET /metrics` on the API's port. */
export function registerMetrics(app: FastifyInstance, { exporter, token }: MetricsRoute): void {
  app.get('/metrics', { schema: { hide: true } }, async ({ headers }, reply) => {
    reply.header('cache-control', 'no-store');
    if (!isBearer(headers.authorization, token)) {
      return reply.code(401).header('www-authenticate', 'Bearer').type('text/plain').send(UNAUTHORIZED);
    }
    return reply.type(exporter.contentType).send(await exporter.render());
  });
}

/**
 * `GET /metrics` on a port of its own. Returns the port and how to close it.
 * @throws {Error} with one sentence where the port can't be had.
 */
export async function serveMetrics(
  exporter: MetricsExporter,
  { host, port, token }: MetricsAccess & { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS };
  const server = createServer(limits, async ({ method, url = '', headers }, response) => {
    if (url.split('?')[0] !== '/metrics' || method !== 'GET') return response.writeHead(404).end();
    if (token !== undefined && !isBearer(headers.authorization, token)) {
      return response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' }).end(UNAUTHORIZED);
    }
    return response.writeHead(200, { 'content-type': exporter.contentType }).end(await exporter.render());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new UnusableError(diagnoseListening(error, { part: 'endpoint of the metrics', host, port }), { cause: error }),
      );
    });
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Compares hashes: their lengths are equal, and the time tells nothing. */
function isBearer(header: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (sent === undefined) return false;
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(sent), hash(token));
}
