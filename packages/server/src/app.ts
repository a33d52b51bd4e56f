import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { answerToTheLast } from './drain.ts';
import { type MetricsRoute, registerMetrics } from './observability/metrics-endpoint.ts';
import { type Observers, observeRequests } from './observability/requests.ts';
import { type ApiOptions, registerApi, requestId } from './routes/api.ts';
import { registerDocumentation } from './routes/documentation.ts';
import { answerErrors, refuseMalformed, refuseUnknownRoutes, sendError } from './routes/errors.ts';
import { type Checks, registerHealth } from './routes/health.ts';
import { readJsonBodies } from './routes/json-body.ts';
import { validatorCompiler } from './routes/validation.ts';

/** A file name of 255 bytes may be longer before NFC, and is three times as long percent-encoded. */
const MAX_PARAM_LENGTH = 4096;
/** How long a client may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT = 60_000;

export type AppOptions = ApiOptions &
  Observers & {
    checks: Checks;
    version: string;
    logger: FastifyBaseLogger | false;
    /** Where the metrics are read on this port. */
    metricsRoute?: MetricsRoute | undefined;
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
  observeRequests(app, options);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  refuseUnknownRoutes(app);
  const isClosing = answerToTheLast(app);
  readJsonBodies(app, () => {});
  await registerDocumentation(app, options.version);
  registerHealth(app, options.checks, { isClosing });
  if (options.metricsRoute !== undefined) registerMetrics(app, options.metricsRoute);
  await app.register(async (api) => await registerApi(api, options));
  await app.ready();
  return app;
}
