import type { S3Client } from '@aws-sdk/client-s3';
import { NO_METRICS } from '../../observability/metrics.ts';
import { currentContext } from '../../observability/request-context.ts';
import type { Observers } from '../../observability/requests.ts';
import { NO_TRACING } from '../../observability/tracing.ts';
import { s3Code } from './errors.ts';

/** Responses that the rules ask for and reckon with; no trouble of storage's. */
const EXPECTED = new Set(['NotFound', 'NoSuchKey', 'NoSuchUpload']);

/** What the SDK says of a response. */
type Metadata = { httpStatusCode?: number; requestId?: string; attempts?: number };

/**
 * Tells log, metrics and traces of every call of the client, and storage for whose request it is made: the id goes
 * along in the user agent, which every storage logs and no signature covers.
 */
export function observeCalls(client: S3Client, { metrics = NO_METRICS, tracing = NO_TRACING }: Observers): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, '');
        const { log, span: parent } = currentContext() ?? {};
        const attributes = { 'rpc.system.name': 'aws-api', 'rpc.method': `S3/${operation}` };
        const span = tracing.begin({ name: `S3/${operation}`, kind: 'client', attributes, parent });
        const start = performance.now();
        const ended = ({ httpStatusCode: status, requestId, attempts }: Metadata, error?: string) => {
          const seconds = (performance.now() - start) / 1000;
          metrics.storageCalled({ operation, seconds, error });
          span?.end({ attributes: { 'http.response.status_code': status, 'aws.request_id': requestId }, error });
          const ms = Math.round(seconds * 10_000) / 10;
          log?.debug({ operation, status, code: error, ms, attempts, storage_request_id: requestId }, 'storage call');
        };
        try {
          const result = await next(args);
          ended((result.output as { $metadata?: Metadata }).$metadata ?? {});
          return result;
        } catch (error) {
          ended((error as { $metadata?: Metadata }).$metadata ?? {}, codeOf(error));
          throw error;
        }
      },
    { step: 'initialize', name: 'observeCalls' },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      const context = currentContext();
      const { headers } = args.request as { headers: Record<string, string> };
      if (context) headers['user-agent'] = `${headers['user-agent'] ?? ''} request-id/${context.id}`.trimStart();
      return await next(args);
    },
    { step: 'build', name: 'nameRequest', priority: 'low' },
  );
}

function codeOf(error: unknown): string | undefined {
  const code = s3Code(error) ?? (error as NodeJS.ErrnoException).code ?? (error as Error).name ?? 'Error';
  return EXPECTED.has(code) ? undefined : code;
}
