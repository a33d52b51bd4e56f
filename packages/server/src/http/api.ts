import { randomUUID } from 'node:crypto';
import { ApiError, apiError, CALLS, type CallName, type ErrorCode, FAMILIES, type Family } from '@darkslide/contract';
import { COMMON_ERRORS, EVENTS_ROUTE, OWN_TOKEN_ROUTE, ROUTES, type Route, schemas } from '@darkslide/contract/routes';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { Static } from 'typebox';
import type { EventTable } from '../events/event-table.ts';
import { authorize, type Caller, type Callers, callerId } from '../keys/caller.ts';
import { WrongKeys } from '../keys/wrong-keys.ts';
import type { UploadTokens } from '../tokens/upload-tokens.ts';
import { readNumberCursor, writeCursor } from './cursor.ts';
import { notFound, pathOf } from './errors.ts';
import type { Call, Handlers } from './handlers.ts';
import type { HeldBytes } from './held-bytes.ts';
import { LongLists, linksIn } from './long-lists.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** What the route can refuse; for the documentation. */
    errors?: readonly ErrorCode[];
    /** Not a route of this server: who may not look is told that there is none. */
    isElsewhere?: boolean;
  }
}

export type ApiOptions = {
  handlers: Handlers;
  callers: Pick<Callers, 'authenticate'>;
  uploadTokens: Pick<UploadTokens, 'own'>;
  events: Pick<EventTable, 'list'>;
  /** Requests a minute and key or token; undefined: no limit. */
  ratePerMinute: number | undefined;
};

type Limits = { heldBytes: HeldBytes };

/** Every call of the contract, in both families. */
export async function registerApi(
  app: FastifyInstance,
  { handlers, callers, uploadTokens, events, ratePerMinute, heldBytes }: ApiOptions & Limits,
): Promise<void> {
  app.decorateRequest('caller', null);
  const wrongKeys = new WrongKeys();
  const longLists = new LongLists(heldBytes);
  app.addHook('onRequest', async (request, reply) => {
    // Responses hold links, which are as good as keys.
    reply.header('cache-control', 'no-store');
    const key = request.headers['x-api-key'];
    try {
      if (typeof key !== 'string' || key === '') throw apiError('missing_api_key', {});
      request.caller = await wrongKeys.guard({ secret: key, address: request.ip }, () => callers.authenticate(key));
    } catch (error) {
      const isWrongKey = error instanceof ApiError && error.status === 401;
      throw isWrongKey && request.routeOptions.config.isElsewhere ? notFound(request, reply) : error;
    }
    heldBytes.admit(request, reply, callerId(request.caller));
  });
  if (ratePerMinute !== undefined) {
    await app.register(rateLimit, {
      max: ratePerMinute,
      timeWindow: 60_000,
      keyGenerator: (request) => callerId(callerOf(request)),
      errorResponseBuilder: (_, { ttl }) => apiError('rate_limited', { seconds: Math.ceil(ttl / 1000) }),
    });
  }
  registerOwnToken(app, uploadTokens);
  registerEvents(app, events);
  for (const family of Object.keys(FAMILIES) as Family[]) {
    for (const name of Object.keys(CALLS) as CallName[]) registerRoute(app, { family, name, handlers, longLists });
    registerEdit(app, family, handlers);
  }
}

/** A page that was given a token, and nothing else, learns what it is for. */
function registerOwnToken(app: FastifyInstance, tokens: Pick<UploadTokens, 'own'>): void {
  app.route({
    method: OWN_TOKEN_ROUTE.method,
    url: OWN_TOKEN_ROUTE.path,
    schema: {
      operationId: 'ownUploadToken',
      summary: OWN_TOKEN_ROUTE.summary,
      tags: ['Upload tokens'],
      security: [{ uploadToken: [] }],
      response: successResponse(OWN_TOKEN_ROUTE),
    },
    config: { errors: [...OWN_TOKEN_ROUTE.errors, ...COMMON_ERRORS] },
    handler: async (request) => {
      const caller = callerOf(request);
      if (caller.kind !== 'token') throw apiError('upload_token_required', {});
      return { data: await tokens.own(caller.token) };
    },
  });
}

function registerEvents(app: FastifyInstance, events: Pick<EventTable, 'list'>): void {
  app.route<{ Querystring: Static<typeof EVENTS_ROUTE.query> }>({
    method: EVENTS_ROUTE.method,
    url: EVENTS_ROUTE.path,
    schema: {
      operationId: 'listEvents',
      summary: EVENTS_ROUTE.summary,
      tags: ['Events'],
      security: [{ apiKey: ['read'] }],
      querystring: EVENTS_ROUTE.query,
      response: successResponse(EVENTS_ROUTE),
    },
    config: { errors: [...EVENTS_ROUTE.errors, ...COMMON_ERRORS] },
    preParsing: async (request) => {
      if (callerOf(request).kind === 'token') throw apiError('api_key_required', {});
    },
    handler: async (request) => {
      const { cursor, limit } = request.query;
      const page = await events.list(callerOf(request).accountId, { after: readNumberCursor(cursor), limit });
      return { data: { events: page.events, next_cursor: writeCursor(page.next) } };
    },
  });
}

type RouteOptions = { family: Family; name: CallName; handlers: Handlers; longLists: LongLists };

function registerRoute(app: FastifyInstance, { family, name, handlers, longLists }: RouteOptions): void {
  const route: Route = ROUTES[name];
  // The table pairs each name with its schemas and its handler; TypeScript can't follow a pair through a loop.
  const handle = handlers[name] as (call: Call<CallName>) => Promise<unknown>;
  const handler: RouteHandlerMethod = async (request, reply) => {
    const caller = callerOf(request);
    // What no schema has checked stays outside.
    const params = route.params && request.params;
    const query = route.query && request.query;
    const body = route.body && request.body;
    const call = { accountId: caller.accountId, caller, family, params, query, body } as Call<CallName>;
    const asked = { request, reply, caller: callerId(caller), links: linksIn(name, body) };
    const response = await longLists.respond(asked, () => handle(call));
    return route.data === undefined ? reply.code(204).send() : response;
  };
  app.route({
    method: route.method,
    url: FAMILIES[family].prefix + route.path,
    schema: {
      operationId: `${family === 'profile' ? 'profile' : 'smartEditing'}_${name}`,
      summary: route.summary,
      tags: [FAMILIES[family].title],
      // OpenAPI 3.1 lets the roles that a call needs stand here.
      security: [{ apiKey: [route.scope] }, ...(route.byToken ? [{ uploadToken: [] }] : [])],
      ...(route.params && { params: route.params }),
      ...(route.query && { querystring: route.query }),
      ...(route.body && { body: route.body }),
      response: successResponse(route),
    },
    config: { call: name, errors: [...route.errors, ...COMMON_ERRORS], maxBodyBytes: route.maxBodyBytes },
    // Before the body is read, and after the request was counted.
    preParsing: async (request) => authorize(callerOf(request), name),
    handler,
  });
}

const EDIT_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Some clients have a project edited once its photos are up. That is outside this system; its owner is told that the
 * photos are stored, and everybody else that there is no such route.
 */
function registerEdit(app: FastifyInstance, family: Family, { getProject }: Handlers): void {
  app.route({
    method: EDIT_METHODS,
    url: `${FAMILIES[family].prefix}/:project_uuid/edit`,
    schema: { hide: true },
    config: { isElsewhere: true },
    preParsing: async (request, reply) => {
      const params = request.params as { project_uuid: string };
      const stored = await storedIn(getProject, { caller: callerOf(request), family, params }).catch((error) => {
        if (error instanceof ApiError && error.status < 500) throw notFound(request, reply);
        throw error;
      });
      throw apiError('route_not_found', { method: request.method, path: pathOf(request.url), stored });
    },
    handler: async () => {},
  });
}

type OneProject = { caller: Caller; family: Family; params: { project_uuid: string } };

async function storedIn(getProject: Handlers['getProject'], { caller, family, params }: OneProject) {
  authorize(caller, 'getProject');
  const call = {
    accountId: caller.accountId,
    caller,
    family,
    params,
    query: {},
    body: undefined,
  } as Call<'getProject'>;
  const { name, number_of_images: count } = await getProject(call);
  return { count, project: name };
}

function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw apiError('missing_api_key', {});
  return caller;
}

const successResponse = ({ data, summary }: Pick<Route, 'data' | 'summary'>) =>
  data === undefined
    ? { 204: { type: 'null', description: 'Done; there is nothing to say.' } }
    : { 200: { description: summary, content: { 'application/json': { schema: schemas.Data(data) } } } };

/** A client's own id for its request, where it is fit for logs and headers; else a new one. */
export function requestId(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && /^[\w.:/+=-]{1,128}$/.test(sent) ? sent : randomUUID();
}
