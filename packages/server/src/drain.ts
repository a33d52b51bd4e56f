import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { apiError } from '@darkslide/contract';
import type { FastifyInstance } from 'fastify';

/**
 * How long connections without a request are kept when the server closes, in milliseconds. A proxy or a client that
 * keeps its idle connections for less than this loses no request to a restart.
 */
const LAST_REQUESTS = 5000;

/** Whoever asks whether to send requests here is told at once. */
const READY = '/readyz';

/**
 * Lets `app.close()` lose no request. First, no connection is accepted any more, so that a proxy turns to another
 * server; what arrives on the connections there are is still answered, as the last of its connection. Only when no
 * request has come for long enough that none can be on its way are the rest closed, and refused.
 */
export function answerToTheLast(app: FastifyInstance): void {
  let closing = false;
  let refusing = false;
  app.addHook('preClose', async () => {
    closing = true;
    await lastRequests(app.server);
    refusing = true;
  });
  app.addHook('onRequest', async ({ routeOptions: { url } }) => {
    if (refusing || (closing && url === READY)) throw apiError('shutting_down', {});
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

async function lastRequests(server: HttpServer): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close', { signal: AbortSignal.timeout(LAST_REQUESTS) });
  // Not HTTP's own close: it also cuts the idle connections, while the next request may be on its way on one of them.
  Server.prototype.close.call(server);
  await closed.catch(() => {});
}
