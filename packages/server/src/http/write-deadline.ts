import type { FastifyInstance } from 'fastify';

/** A client has `baseMs` for any response, and more for each byte of it; after that its connection is closed. */
export type WriteLimits = { baseMs: number; minBytesPerMs: number };

const LIMITS: WriteLimits = { baseMs: 30_000, minBytesPerMs: 64 };

/**
 * Closes connections of clients that do not read their responses, or only by the drop: each keeps its whole response in
 * memory.
 */
export function limitWriting(app: FastifyInstance, { baseMs, minBytesPerMs }: WriteLimits = LIMITS): void {
  app.addHook('onSend', async (_, { raw }, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
    const late = setTimeout(() => raw.destroy(), baseMs + bytes / minBytesPerMs);
    late.unref();
    raw.once('close', () => clearTimeout(late));
  });
}
