import type { FastifyBaseLogger } from 'fastify';
import type { DatabaseObserver } from '../database/observer.ts';
import { type Metrics, NO_METRICS } from './metrics.ts';
import { currentContext } from './request-context.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/** Tells log, metrics and traces of what the database does. */
export function observeDatabase(options: {
  metrics: Metrics;
  tracing: Tracing;
  log: FastifyBaseLogger;
}): DatabaseObserver {
  const { metrics, tracing, log } = options;
  const isHeard = metrics !== NO_METRICS || tracing !== NO_TRACING;
  const onQuery: DatabaseObserver['onQuery'] = ({ kind, seconds, failed }) => {
    metrics.databaseQueried({ kind, seconds, failed });
    const span = tracing.begin({
      name: kind,
      kind: 'client',
      attributes: { 'db.operation.name': kind },
      parent: currentContext()?.span,
      startedAt: Date.now() - seconds * 1000,
    });
    span?.end({ error: failed ? 'failed' : undefined });
  };
  return {
    onIdleError: (err) => log.warn({ err }, 'lost a database connection'),
    onArrived: (arrived) => metrics.filesArrived(arrived),
    ...(isHeard && { onQuery }),
  };
}
