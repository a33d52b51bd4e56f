import { apiError } from '@darkslide/contract';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { type ApiOptions, registerApi, requestId } from './routes/api.ts';
import { registerDocumentation } from './routes/documentation.ts';
import { answerErrors, refuseMalformed, sendError } from './routes/errors.ts';
import { type Checks, registerHealth } from './routes/health.ts';
import { readJsonBodies } from './routes/json-body.ts';
import { validatorCompiler } from './routes/validation.ts';

/** A file name of 255 bytes may be longer before NFC, and is three times as long percent-encoded. */
const MAX_PARAM_LENGTH = 4096;
/** How long a client may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT = 60_000;

export type AppOptions = ApiOptions & {
  checks: Checks;
  version: string;
  logger: FastifyBaseLogger | false;
};

/** The HTTP server with all its routes, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    requestTimeout: REQUEST_TIMEOUT,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    requestIdHeader: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  answerErrors(app);
  refuseWhileClosing(app);
  logRequests(app);
  readJsonBodies(app);
  await registerDocumentation(app, options.version);
  registerHealth(app, options.checks);
  await app.register(async (api) => await registerApi(api, options));
  await app.ready();
  return app;
}

/** Requests on connections that stay open while the others are drained. */
function refuseWhileClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (closing) throw apiError('shutting_down', {});
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** The route's pattern instead of the path: names are the photographer's, and queries may carry signatures. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, log } = request;
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    log.info({ method, route: routeOptions.url, status: reply.statusCode, ms }, 'answered');
  });
}
