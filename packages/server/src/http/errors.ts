import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import {
  type ApiError,
  apiError,
  CALLS,
  EVENTS_PATH,
  FAMILIES,
  isRetryable,
  OWN_TOKEN_PATH,
  type schemas,
} from '@darkslide/contract';
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toApiError } from './to-api-error.ts';

/** When a client may ask again, in seconds, where nothing better is known. */
const RETRY_AFTER_SECONDS = 1;

/** The one place that makes error bodies. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendError(notFound(request, reply), request, reply));
}

/** Refuses before the body is read, so that no client has to send it. */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw notFound(request, reply);
  });
}

export function sendError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toApiError(error, request);
  request.refusal = refusal.code;
  if (refusal.status >= 500) request.log.error({ err: error }, 'request failed');
  if (isRetryable(refusal.code) && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply.code(refusal.status).type('application/json; charset=utf-8').send(errorBody(refusal, request.id));
}

/** Returns what can't be read as HTTP, below all routes. Given to `node:http` by Fastify. */
export function refuseMalformed(error: ConnectionError, socket: Socket): void {
  const { code } = error;
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = MALFORMED[code] ?? 'The request is not well-formed HTTP';
  const { refusal, allowed } = unknownMethod(error) ?? { refusal: apiError('invalid_request', { problem }) };
  const body = JSON.stringify(errorBody(refusal, randomUUID()));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    ...(allowed ? [`Allow: ${allowed.join(', ')}`] : []),
    ...['Content-Type: application/json; charset=utf-8', 'Connection: close'],
  ];
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

const MALFORMED: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time',
  HPE_HEADER_OVERFLOW: 'The request headers are too long',
};

function errorBody({ code, message, details }: ApiError, requestId: string): schemas.ErrorBody {
  return {
    error: { code, message, request_id: requestId, ...(details === undefined ? {} : { details: [...details] }) },
    detail: message,
  };
}

type KnownPath = { pattern: RegExp; methods: string[] };

/** Every path of the contract, and what it takes. */
const KNOWN_PATHS: KnownPath[] = [
  ...Object.values(FAMILIES).flatMap(({ prefix }) =>
    Object.values(CALLS).map(({ method, path }) => knownPath(method, prefix + path)),
  ),
  knownPath('GET', OWN_TOKEN_PATH),
  knownPath('GET', EVENTS_PATH),
];

function knownPath(method: string, path: string): KnownPath {
  const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
  return { pattern, methods: method === 'GET' ? ['GET', 'HEAD'] : [method] };
}

type Unknown = { method: string; url: string };

export function notFound({ method, url }: Unknown, reply: FastifyReply): ApiError {
  const { refusal, allowed } = unknownRoute({ method, url });
  if (allowed) reply.header('allow', allowed.join(', '));
  return refusal;
}

function unknownRoute({ method, url }: Unknown): { refusal: ApiError; allowed?: readonly string[] } {
  const path = pathOf(url);
  const bare = path.replace(/\/$/, '');
  const allowed = [
    ...new Set(KNOWN_PATHS.flatMap(({ pattern, methods }) => (pattern.test(bare) ? methods : []))),
  ].sort();
  if (allowed.length === 0) return { refusal: apiError('route_not_found', { method, path }) };
  return { refusal: apiError('method_not_allowed', { method, path, allowed }), allowed };
}

export const pathOf = (url: string) => url.split('?', 1)[0] ?? url;

/** Node reads no request whose method it does not know: its first line is all there is. */
function unknownMethod({ code, rawPacket }: ConnectionError): ReturnType<typeof unknownRoute> | undefined {
  if (code !== 'HPE_INVALID_METHOD') return undefined;
  const line = (rawPacket as unknown as Buffer | undefined)?.toString('latin1', 0, MAX_LINE_BYTES);
  const [, method, url] = /^([A-Z][A-Z-]{0,31}) (\/[!-~]*) HTTP\/1\.[01]\r\n/.exec(line ?? '') ?? [];
  return method && url ? unknownRoute({ method, url }) : undefined;
}

/** At most this much of a request's first line is looked at. */
const MAX_LINE_BYTES = 8192;
