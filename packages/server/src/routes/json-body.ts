import type { Readable } from 'node:stream';
import { apiError, MAX_BODY_BYTES } from '@darkslide/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Of a body that is too large, so much is read before the connection is closed on it. */
const MAX_READ_BYTES = 8 * MAX_BODY_BYTES;

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
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const bytes = await readBytes(payload);
    if (request.is404 || bytes.length === 0) return undefined;
    const type = request.headers['content-type'];
    if (type !== undefined && !JSON_TYPE.test(type)) throw apiError('unsupported_media_type', { type });
    return parseJson(bytes);
  });
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined) request.body = {};
  });
}

/**
 * The whole body. One that is too large is read on for a while, and dropped: most clients look for an answer only when
 * they have sent everything, and take a connection that closes before for a broken one.
 * @throws {ApiError} body_too_large, invalid_request
 */
async function readBytes(payload: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of payload) {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (size > MAX_READ_BYTES) break;
    }
  } catch (error) {
    throw apiError('invalid_request', { problem: 'The request body broke off' }, { cause: error });
  }
  if (size > MAX_BODY_BYTES) throw apiError('body_too_large', { limit: MAX_BODY_BYTES });
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw apiError('invalid_json', { reason }, { cause: error });
  }
}
