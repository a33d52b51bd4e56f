import { apiError, CALLS } from '@darkslide/contract';
import manifest from '../package.json' with { type: 'json' };
import { buildApp } from './app.ts';
import type { Handlers } from './http/handlers.ts';

/** The OpenAPI 3.1 document, from the booted app, without database, storage or port. */
export async function exportOpenApi(): Promise<object> {
  const refuse = async () => {
    throw apiError('shutting_down', {});
  };
  const handlers = Object.fromEntries(Object.keys(CALLS).map((name) => [name, refuse])) as unknown as Handlers;
  const app = await buildApp({
    handlers,
    callers: { authenticate: refuse },
    uploadTokens: { own: refuse },
    events: { list: refuse },
    ratePerMinute: undefined,
    checks: { database: refuse, storage: refuse },
    version: manifest.version,
    logger: false,
  });
  try {
    return app.swagger();
  } finally {
    await app.close();
  }
}
