import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Darkslide, FaultProxy, request } from '@darkslide/testkit';
import { Api } from './api.ts';

/**
 * A server whose storage is another one's, through a proxy that can misbehave, from the start where `prepare` says so.
 * Ended after the last spec of the file.
 */
export async function startWithExternalStorage(
  prepare: (proxy: FaultProxy) => void = () => {},
  env: Record<string, string> = {},
) {
  const storage = await Darkslide.start();
  const proxy = await FaultProxy.start({ target: storage.s3.endpoint });
  prepare(proxy);
  const { accessKeyId, secretAccessKey } = storage.s3.credentials;
  const server = await Darkslide.start({
    env: {
      DARKSLIDE_S3_ENDPOINT: proxy.url,
      DARKSLIDE_S3_BUCKET: storage.s3.bucket,
      DARKSLIDE_S3_FORCE_PATH_STYLE: 'true',
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...env,
    },
  });
  after(async () => {
    await server.remove();
    await proxy.close();
    await storage.remove();
  });
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
