import type { FastifyInstance } from 'fastify';

/** The preflight of a page may be kept this long; browsers keep it for two hours at most. */
const MAX_AGE_SECONDS = 7200;

/** What a page may send. It is known by its key or token alone: cookies are neither sent nor read. */
const ALLOWED = {
  'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
  'access-control-allow-headers': 'content-type, x-api-key, x-request-id',
  'access-control-max-age': String(MAX_AGE_SECONDS),
};
const EXPOSED = 'retry-after, x-request-id';

/**
 * Lets pages of these origins call the API from a browser, and read refusals too. `*` is every origin. Pages of others
 * get no header, so that their browsers refuse. Preflights are completed before a key is asked for.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const isEvery = origins.includes('*');
  const allowed = new Set(origins);
  app.addHook('onRequest', async (request, reply) => {
    const { origin, 'access-control-request-method': asked } = request.headers;
    if (!isEvery) reply.header('vary', 'Origin');
    if (origin === undefined || !(isEvery || allowed.has(origin))) return;
    reply.header('access-control-allow-origin', isEvery ? '*' : origin);
    reply.header('access-control-expose-headers', EXPOSED);
    if (request.method !== 'OPTIONS' || asked === undefined) return;
    return reply.code(204).headers(ALLOWED).send();
  });
}
