import { apiError } from '@darkslide/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i;

/**
 * Reads every body as JSON, with whatever content type a client forgot to send, but not against one that it did send.
 * A missing body is an empty object: schemas say whether that is enough.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // An empty content type is as good as none; Fastify would refuse it.
  app.addHook('onRequest', async (request) => {
    if (request.headers['content-type']?.trim() === '') delete request.headers['content-type'];
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
    if (request.is404 || bytes.length === 0) return undefined;
    const type = request.headers['content-type'];
    if (type !== undefined && !JSON_TYPE.test(type)) throw apiError('unsupported_media_type', { type });
    return parseJson(bytes);
  });
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined) request.body = {};
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw apiError('invalid_json', { reason }, { cause: error });
  }
}
