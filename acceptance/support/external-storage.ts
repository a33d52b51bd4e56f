import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Darkslide,
  FaultProxy,
  givenEngines,
  newBucketOf,
  request,
  type S3Access,
  storageVariables,
} from '@darkslide/testkit';
import { Api } from './api.ts';
import { startServer } from './target.ts';

export type ExternalStorage = {
  /** As another server uses it: through the proxy. */
  s3: S3Access;
  proxy: FaultProxy;
  /** The same for a server's environment. */
  env: Readonly<Record<string, string | undefined>>;
};

/**
 * A bucket of the storage that the run was given, or else another server's store, through a proxy that can misbehave.
 * Ended after the last spec of the file.
 */
export async function startExternalStorage(): Promise<ExternalStorage> {
  const storage = await startStorage();
  const proxy = await FaultProxy.start({ target: storage.s3.endpoint });
  after(async () => {
    await proxy.close();
    await storage.remove();
  });
  const s3 = { ...storage.s3, endpoint: proxy.url };
  return { s3, proxy, env: storageVariables(s3) };
}

async function startStorage(): Promise<{ s3: S3Access; remove(): Promise<void> }> {
  const { s3 } = await givenEngines();
  if (s3) return { s3: await newBucketOf(s3), remove: async () => {} };
  return await Darkslide.start();
}

/**
 * A server whose storage is not its own, through a proxy that can misbehave, from the start where `prepare` says so.
 * Ended after the last spec of the file.
 */
export async function startWithExternalStorage(
  prepare: (proxy: FaultProxy) => void = () => {},
  env: Record<string, string> = {},
) {
  const storage = await startExternalStorage();
  const { proxy } = storage;
  prepare(proxy);
  const server = await startServer({ s3: storage.s3, env });
  after(() => server.remove());
  return { proxy, server, api: new Api(server) };
}

export async function readiness({ apiUrl }: Darkslide): Promise<number> {
  return (await request({ url: `${apiUrl}/readyz` })).status;
}

/** Asks until a condition holds; for states that a server reaches by itself. */
export async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await sleep(100);
  }
}
