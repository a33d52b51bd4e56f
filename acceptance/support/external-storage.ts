import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Darkslide, FaultProxy, request } from '@darkslide/testkit';
import { Api } from './api.ts';

export type ExternalStorage = {
  /** The server whose store it is. */
  server: Darkslide;
  /** Stands before it. */
  proxy: FaultProxy;
  /** What another server needs to use it. */
  env: Readonly<Record<string, string | undefined>>;
};

/** Another server's store, through a proxy that can misbehave. Ended after the last spec of the file. */
export async function startExternalStorage(): Promise<ExternalStorage> {
  const server = await Darkslide.start();
  const proxy = await FaultProxy.start({ target: server.s3.endpoint });
  after(async () => {
    await proxy.close();
    await server.remove();
  });
  const { bucket, credentials } = server.s3;
  const env = {
    DARKSLIDE_S3_ENDPOINT: proxy.url,
    DARKSLIDE_S3_BUCKET: bucket,
    DARKSLIDE_S3_FORCE_PATH_STYLE: 'true',
    DARKSLIDE_STORE_ACCESS_KEY: undefined,
    DARKSLIDE_STORE_SECRET_KEY: undefined,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  return { server, proxy, env };
}

/**
 * A server whose storage is another one's, through a proxy that can misbehave, from the start where `prepare` says so.
 * Ended after the last spec of the file.
 */
export async function startWithExternalStorage(
  prepare: (proxy: FaultProxy) => void = () => {},
  env: Record<string, string> = {},
) {
  const storage = await startExternalStorage();
  const { proxy } = storage;
  prepare(proxy);
  const server = await Darkslide.start({ env: { ...storage.env, ...env } });
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
