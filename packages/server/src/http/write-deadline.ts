import type { FastifyInstance } from 'fastify';

/** A client has so long for any answer, and so long more for each byte of it, or its connection is closed. */
const BASE_MS = 30_000;
const MIN_BYTES_PER_MS = 64;

/**
 * Closes connections of clients that do not read their answers, or only by the drop: each keeps its whole answer in
 * memory. `baseMs`: for an answer of no length.
 */
export function limitWriting(app: FastifyInstance, { baseMs = BASE_MS } = {}): void {
  app.addHook('onSend', async (_, { raw }, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
    const late = setTimeout(() => raw.destroy(), baseMs + bytes / MIN_BYTES_PER_MS);
    late.unref();
    raw.once('close', () => clearTimeout(late));
  });
}
