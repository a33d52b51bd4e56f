import type { TestContext } from 'node:test';
import { FAMILIES } from '@darkslide/contract';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { buildApp } from '../src/app.ts';
import type { OnDamaged } from '../src/arrivals/arrivals.ts';
import type { DatabaseConfig } from '../src/database/config.ts';
import type { DatabaseKind } from '../src/database/tables.ts';
import { createHandlers } from '../src/http/handlers.ts';
import type { WriteLimits } from '../src/http/write-deadline.ts';
import { ApiKeys } from '../src/keys/api-keys.ts';
import { Callers } from '../src/keys/caller.ts';
import type { EndingTimes } from '../src/multipart/upload-completion.ts';
import type { Database } from '../src/open-database.ts';
import type { QuotaLimits } from '../src/quotas/quota-table.ts';
import { createRules } from '../src/services.ts';
import { afterwards } from './afterwards.ts';
import { newDatabase, openedFor } from './database.ts';
import { FakeObjectStore } from './fake-object-store.ts';

export type TestServer = {
  app: FastifyInstance;
  store: FakeObjectStore;
  database: Database;
  /** Where that is, for who looks into it past the server. */
  databaseConfig: DatabaseConfig;
  /** A new project of the profile-based flow, and its path. */
  createProject(name?: string): Promise<{ uuid: string; path: string }>;
  /** The key of another, new account. */
  otherKey(): Promise<string>;
  /** Calls with the first account's key; returns status, headers and the parsed body. */
  call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies as JSON has them
type Answer = { status: number; headers: Record<string, unknown>; body: any };

let accounts = 0;

export const TEST_KEY = 'test-key-of-the-first-account';

type Options = {
  database?: DatabaseKind;
  ratePerMinute?: number;
  times?: EndingTimes;
  onDamaged?: OnDamaged;
  writing?: WriteLimits;
  quotaLimits?: QuotaLimits;
  readsPhotos?: boolean;
};

/** The API in this process, over a database of its own and storage in memory. */
export async function startTestServer(t: TestContext, options: Options = {}): Promise<TestServer> {
  const databaseConfig = await newDatabase(t, options.database);
  const database = await openedFor(t, databaseConfig);
  const store = new FakeObjectStore();
  const apiKeys = new ApiKeys({ accounts: database.accounts, now: Date.now });
  await apiKeys.ensureFirst(TEST_KEY);
  const rules = createRules(database, store, options);
  const app = await buildApp({
    handlers: createHandlers(rules),
    callers: new Callers({ keys: apiKeys, tokens: rules.uploadTokens }),
    uploadTokens: rules.uploadTokens,
    events: database.events,
    ratePerMinute: options.ratePerMinute,
    checks: { database: () => database.check(), storage: () => store.check() },
    version: '0.0.0',
    logger: false,
    writing: options.writing,
  });
  afterwards(t, () => app.close());
  afterwards(t, () => rules.shots.close());
  const call: TestServer['call'] = async (method, path, body, headers = {}) => {
    const request: InjectOptions = { method, url: path, headers: { 'x-api-key': TEST_KEY, ...headers } };
    if (body !== undefined) request.payload = body as Exclude<InjectOptions['payload'], undefined>;
    const response = await app.inject(request);
    const parsed = response.body === '' ? undefined : JSON.parse(response.body);
    return { status: response.statusCode, headers: response.headers, body: parsed };
  };
  return {
    app,
    store,
    database,
    databaseConfig,
    call,
    async createProject(name) {
      const prefix = FAMILIES.profile.prefix;
      const { body } = await call('POST', prefix, { name });
      return { uuid: body.data.project_uuid, path: `${prefix}/${body.data.project_uuid}` };
    },
    otherKey: async () => (await apiKeys.create({ account: `account ${++accounts}` })).key,
  };
}
