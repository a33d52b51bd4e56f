import { schemas } from '@darkslide/contract/routes';
import type { FastifyInstance } from 'fastify';
import Type, { type TSchema } from 'typebox';

export const READY_PATH = '/readyz';

/** How long the database and storage may take to respond, in milliseconds. */
const DEADLINE_MS = 3000;

/** For this long, in milliseconds, the last result of a component is repeated: requests cost the component no more. */
const CACHED_MS = 1000;

/** Each rejects where its part does not respond. */
export type Checks = { database: () => Promise<void>; storage: () => Promise<void> };

const Health = Type.Object({ status: Type.Enum(['ok']) });
const Readiness = Type.Object({
  status: Type.Enum(['ready', 'unavailable']),
  database: Type.Enum(['ok', 'unavailable']),
  storage: Type.Enum(['ok', 'unavailable']),
});

/** For the operator of the server; without API key and limit. */
export function registerHealth(
  app: FastifyInstance,
  checks: Checks,
  { isClosing }: { isClosing: () => boolean },
): void {
  const tags = ['Operation'];
  const up = { tags, summary: 'Whether the process is up', response: { 200: json('It is up.', Health) } };
  app.get('/healthz', { schema: up }, async () => ({ data: { status: 'ok' } }));

  const ready = {
    tags,
    summary: 'Whether database and storage respond, and the server is not about to stop',
    response: { 200: json('It is ready.', Readiness), 503: json('It is not.', Readiness) },
  };
  const asked = { database: onceInAWhile(checks.database), storage: onceInAWhile(checks.storage) };
  app.get(READY_PATH, { schema: ready }, async (request, reply) => {
    const isUp = async (part: keyof Checks) => {
      try {
        await asked[part]();
        return 'ok';
      } catch (error) {
        request.log.warn({ err: error, part }, 'not ready');
        return 'unavailable';
      }
    };
    const [database, storage] = await Promise.all([isUp('database'), isUp('storage')]);
    const isReady = database === 'ok' && storage === 'ok' && !isClosing();
    if (!isReady) reply.code(503).header('retry-after', 1);
    return { data: { status: isReady ? 'ready' : 'unavailable', database, storage } };
  });
}

const json = (description: string, schema: TSchema) => ({
  description,
  content: { 'application/json': { schema: schemas.Data(schema) } },
});

/** Asks once for all who come at once, and once in CACHED_MS at most. */
function onceInAWhile(check: () => Promise<void>): () => Promise<void> {
  let last: { outcome: Promise<void>; at: number } | undefined;
  return () => {
    if (last !== undefined && performance.now() - last.at < CACHED_MS) return last.outcome;
    const outcome = withDeadline(check());
    // Counted from its end, so that slow parts are not asked again while they still work.
    const asked = { outcome, at: Number.POSITIVE_INFINITY };
    last = asked;
    const ended = () => {
      asked.at = performance.now();
    };
    outcome.then(ended, ended);
    return outcome;
  };
}

async function withDeadline(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no response within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
