import { schemas } from '@darkslide/contract/routes';
import type { FastifyInstance } from 'fastify';
import Type, { type TSchema } from 'typebox';

export const READY_PATH = '/readyz';

/** How long the database and storage may take to answer, in milliseconds. */
const DEADLINE = 3000;

/** Each rejects where its part does not answer. */
export type Checks = { database: () => Promise<void>; storage: () => Promise<void> };

const Health = Type.Object({ status: Type.Enum(['ok']) });
const Readiness = Type.Object({
  status: Type.Enum(['ready', 'unavailable']),
  database: Type.Enum(['ok', 'unavailable']),
  storage: Type.Enum(['ok', 'unavailable']),
});

/** For whoever runs the server; without API key and limit. */
export function registerHealth(
  app: FastifyInstance,
  checks: Checks,
  { isClosing }: { isClosing: () => boolean },
): void {
  const tags = ['Operation'];
  const up = { tags, summary: 'Whether the process is up', response: { 200: answer('It is up.', Health) } };
  app.get('/healthz', { schema: up }, async () => ({ data: { status: 'ok' } }));

  const ready = {
    tags,
    summary: 'Whether database and storage answer, and the server is not about to stop',
    response: { 200: answer('It is ready.', Readiness), 503: answer('It is not.', Readiness) },
  };
  app.get(READY_PATH, { schema: ready }, async (request, reply) => {
    const answers = async (part: keyof Checks) => {
      try {
        await withDeadline(checks[part]());
        return 'ok';
      } catch (error) {
        request.log.warn({ err: error, part }, 'not ready');
        return 'unavailable';
      }
    };
    const [database, storage] = await Promise.all([answers('database'), answers('storage')]);
    const isReady = database === 'ok' && storage === 'ok' && !isClosing();
    if (!isReady) reply.code(503).header('retry-after', 1);
    return { data: { status: isReady ? 'ready' : 'unavailable', database, storage } };
  });
}

const answer = (description: string, schema: TSchema) => ({
  description,
  content: { 'application/json': { schema: schemas.Data(schema) } },
});

async function withDeadline(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${DEADLINE} ms`)), DEADLINE);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
