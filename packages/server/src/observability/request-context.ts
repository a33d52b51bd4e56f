import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyBaseLogger } from 'fastify';
import type { TraceSpan } from './tracing.ts';

/** For whom work is done: a request of a client, or a task of the server's own. */
export type RequestContext = {
  /** Is in every line of the log, and goes to storage with every call. */
  id: string;
  log: FastifyBaseLogger;
  span?: TraceSpan | undefined;
};

const contexts = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and everything that it waits for, on behalf of `context`. */
export function inContext<Result>(context: RequestContext, work: () => Result): Result {
  return contexts.run(context, work);
}

/** Undefined outside of requests and jobs, as at the start of the server. */
export function currentContext(): RequestContext | undefined {
  return contexts.getStore();
}
