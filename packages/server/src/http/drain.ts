import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { apiError } from '@darkslide/contract';
import type { FastifyInstance } from 'fastify';
import { READY_PATH } from './health.ts';

/**
 * How long connections without a request are kept when the server closes, in milliseconds. A proxy or a client that
 * keeps its idle connections for less than this loses no request to a restart.
 */
const LAST_REQUESTS = 5000;

/**
 * Lets `app.close()` lose no request. First, no connection is accepted any more, so that a proxy turns to another
 * server; what arrives on the connections there are is still handled, as the last of its connection. Only when no
 * request has come for long enough that none can be on its way are the rest closed, and refused. Returns whether the app
 * is closing.
 */
export function serveToTheLast(app: FastifyInstance): () => boolean {
  let closing = false;
  let refusing = false;
  app.addHook('preClose', async () => {
    closing = true;
    await lastRequests(app.server);
    refusing = true;
  });
  app.addHook('onRequest', async ({ routeOptions: { url } }) => {
    if (refusing && url !== READY_PATH) throw apiError('shutting_down', {});
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
  return () => closing;
}

async function lastRequests(server: HttpServer): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close', { signal: AbortSignal.timeout(LAST_REQUESTS) });
  // Not HTTP's own close: it also cuts the idle connections, while the next request may be on its way on one of them.
  Server.prototype.close.call(server);
  await closed.catch(() => {});
}
