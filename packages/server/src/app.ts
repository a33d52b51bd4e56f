import { isLoopback, limitConnections, TrustedProxies } from '@darkslide/connections';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { type ApiOptions, registerApi, requestId } from './http/api.ts';
import { allowOrigins } from './http/cors.ts';
import { registerDocumentation } from './http/documentation.ts';
import { serveToTheLast } from './http/drain.ts';
import { handleErrors, refuseMalformed, refuseUnknownRoutes, sendError } from './http/errors.ts';
import { type Checks, registerHealth } from './http/health.ts';
import { HeldBytes } from './http/held-bytes.ts';
import { readJsonBodies } from './http/json-body.ts';
import { registerUploadPage, type UploadPage } from './http/pages.ts';
import { validatorCompiler } from './http/validation.ts';
import { limitWriting, type WriteLimits } from './http/write-deadline.ts';
import { type MetricsRoute, registerMetrics } from './observability/metrics-endpoint.ts';
import { type Observers, observeRequests } from './observability/requests.ts';

/** A file name of 255 bytes may be longer before NFC, and is three times as long percent-encoded. */
const MAX_PARAM_LENGTH = 4096;
/** How long a client may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Connections at once, in all and of one client address. */
const MAX_CONNECTIONS = { max: 2048, maxPerAddress: 512 };

export type AppOptions = ApiOptions &
  Observers & {
    checks: Checks;
    version: string;
    /** The proxies that may say for whom they ask. */
    trustedProxies?: TrustedProxies | undefined;
    /** Pages of these origins may call the API; `*`: of every origin. */
    allowedOrigins?: readonly string[] | undefined;
    logger: FastifyBaseLogger | false;
    /** How long clients may take to read a response; for tests. */
    writing?: WriteLimits | undefined;
    /** The page at `/upload`; without it there is none. */
    uploadPage?: UploadPage | undefined;
    /** Where the metrics are read on this port. */
    metricsRoute?: MetricsRoute | undefined;
  };

/** The HTTP server with all its routes, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { trustedProxies = new TrustedProxies([]) } = options;
  const app: FastifyInstance = fastify({
    ...(options.logger === false ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: (address) => trustedProxies.has(address),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    requestIdHeader: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  const isShared = (address: string) => isLoopback(address) || trustedProxies.has(address);
  limitConnections(app.server, { ...MAX_CONNECTIONS, isShared });
  app.setValidatorCompiler(validatorCompiler);
  handleErrors(app);
  observeRequests(app, options);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  allowOrigins(app, options.allowedOrigins ?? []);
  refuseUnknownRoutes(app);
  const isClosing = serveToTheLast(app);
  limitWriting(app, options.writing);
  const heldBytes = new HeldBytes();
  heldBytes.register(app);
  readJsonBodies(app, (request, bytes) => heldBytes.hold(request, bytes));
  await registerDocumentation(app, options.version);
  registerHealth(app, options.checks, { isClosing });
  if (options.uploadPage !== undefined) registerUploadPage(app, options.uploadPage);
  if (options.metricsRoute !== undefined) registerMetrics(app, options.metricsRoute);
  await app.register(async (api) => await registerApi(api, { ...options, heldBytes }));
  await app.ready();
  return app;
}
