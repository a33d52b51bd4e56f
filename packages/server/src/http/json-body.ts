import type { Readable } from 'node:stream';
import { apiError, MAX_BODY_BYTES, MAX_BODY_VALUES } from '@darkslide/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { nextTurn } from '../base/in-turns.ts';
import { hasMoreValuesThan } from './json-values.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bytes that the body may have; MAX_BODY_BYTES where it is not said. */
    maxBodyBytes?: number | undefined;
  }
}

/** At most this much of a body that is too large is read before its connection is closed. */
const MAX_READ_BYTES = 80 * 1024 ** 2;

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i;

/**
 * Reads every body as JSON, with whatever content type a client forgot to send, but not against one that it did send.
 * A missing body is an empty object: schemas say whether that is enough. `hold` is called with the number of bytes
 * that are kept in memory for a request, and throws where there is no room for them.
 */
export function readJsonBodies(app: FastifyInstance, hold: (request: FastifyRequest, bytes: number) => void): void {
  app.removeAllContentTypeParsers();
  // An empty content type is as good as none; Fastify would refuse it.
  app.addHook('onRequest', async (request) => {
    if (request.headers['content-type']?.trim() === '') delete request.headers['content-type'];
  });
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const { maxBodyBytes: limit = MAX_BODY_BYTES } = request.routeOptions.config;
    const bytes = await readBytes(payload, { limit, hold: (count) => hold(request, count) });
    if (bytes.length === 0) return undefined;
    const type = request.headers['content-type'];
    if (type !== undefined && !JSON_TYPE.test(type)) throw apiError('unsupported_media_type', { type });
    // Only a long one takes long.
    if (bytes.length > MAX_BODY_BYTES) await nextTurn();
    const value = parseJson(bytes);
    if (bytes.length > MAX_BODY_BYTES) await nextTurn();
    return value;
  });
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined) request.body = {};
  });
}

/**
 * The whole body. One that is too large is read on for a while, and dropped: most clients look for a response only when
 * they have sent everything, and take a connection that closes before for a broken one.
 * @throws {ApiError} body_too_large, invalid_request, and what `hold` throws
 */
async function readBytes(
  payload: Readable,
  { limit, hold }: { limit: number; hold: (bytes: number) => void },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of unbroken(payload)) {
    size += chunk.length;
    if (size <= limit) {
      hold(chunk.length);
      chunks.push(chunk);
    } else chunks.length = 0;
    if (size > MAX_READ_BYTES) break;
  }
  if (size > limit) throw apiError('body_too_large', { limit });
  return Buffer.concat(chunks);
}

async function* unbroken(payload: Readable): AsyncGenerator<Buffer> {
  try {
    yield* payload;
  } catch (error) {
    throw apiError('invalid_request', { problem: 'The request body ended early' }, { cause: error });
  }
}

/** @throws {ApiError} invalid_request for one with so many values that parsing alone would take long; invalid_json */
function parseJson(bytes: Buffer): unknown {
  if (hasMoreValuesThan(bytes, MAX_BODY_VALUES)) {
    throw apiError('invalid_request', { problem: `The request body has more than ${MAX_BODY_VALUES} values` });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw apiError('invalid_json', { reason }, { cause: error });
  }
}
