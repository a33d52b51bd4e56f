import type { CallName, ErrorCode } from '@darkslide/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerName } from '../keys/caller.ts';
import { type Metrics, NO_METRICS } from './metrics.ts';
import { inContext, type RequestContext } from './request-context.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    context: RequestContext | null;
    /** Why it was refused, once it was. */
    refusal: ErrorCode | null;
  }
  interface FastifyContextConfig {
    /** The contract's name for what the route does. */
    call?: CallName;
  }
}

export type Observers = { metrics?: Metrics | undefined; tracing?: Tracing | undefined };

/** Gives every request its context, and tells log, metrics and traces how it went. To be registered first. */
export function observeRequests(app: FastifyInstance, { metrics = NO_METRICS, tracing = NO_TRACING }: Observers): void {
  app.decorateRequest('context', null);
  app.decorateRequest('refusal', null);
  app.addHook('onRequest', (request, reply, done) => {
    metrics.requestBegan();
    reply.raw.once('close', () => metrics.requestEnded());
    const context = { id: request.id, log: request.log, span: beginSpan(tracing, request) };
    request.context = context;
    inContext(context, done);
  });
  // A body comes in on its connection's behalf, and what follows it would go on so.
  app.addHook('preValidation', ({ context }, _, done) => {
    if (context === null) done();
    else inContext(context, done);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, context, refusal, log, ip: client, caller } = request;
    const { url: route, config } = routeOptions;
    const { statusCode: status, elapsedTime } = reply;
    metrics.requestCompleted({ method, route, status, seconds: elapsedTime / 1000 });
    if (refusal !== null) metrics.requestRefused({ call: config.call, code: refusal });
    const error = refusal ?? undefined;
    context?.span?.end({ attributes: { 'http.response.status_code': status }, error });
    // The route's pattern instead of the path: names are the photographer's, and queries may carry signatures.
    const ms = Math.round(elapsedTime * 10) / 10;
    log.info(
      { method, route, status, code: error, ms, client, ...(caller && callerName(caller)) },
      'request completed',
    );
  });
}

function beginSpan(tracing: Tracing, { id, method, routeOptions, params, headers }: FastifyRequest) {
  const route = routeOptions.url;
  const { project_uuid: project } = (params ?? {}) as { project_uuid?: string };
  return tracing.begin({
    name: route === undefined ? method : `${method} ${route}`,
    kind: 'server',
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'darkslide.request_id': id,
      'darkslide.project_uuid': project !== undefined && /^[0-9a-f-]{36}$/.test(project) ? project : undefined,
    },
    traceparent: typeof headers.traceparent === 'string' ? headers.traceparent : undefined,
  });
}
