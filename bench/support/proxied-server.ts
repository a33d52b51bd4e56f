import { Darkslide, FaultProxy, freePorts, type S3Access } from '@darkslide/testkit';

export type ProxiedServer = AsyncDisposable & {
  server: Darkslide;
  /** Clients reach the store through it, and the API directly. */
  proxy: FaultProxy;
  /** The store itself, past the proxy. */
  s3: S3Access;
};

/** A server whose links lead to its store through a proxy, which can misbehave and counts every byte. */
export async function startProxiedServer({ seed }: { seed: number }): Promise<ProxiedServer> {
  const [port = 0] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const proxy = await FaultProxy.start({ target: endpoint, seed });
  const server = await Darkslide.start({
    env: { DARKSLIDE_STORE_PORT: String(port), DARKSLIDE_PUBLIC_STORE_URL: proxy.url },
  }).catch(async (error) => {
    await proxy.close();
    throw error;
  });
  return {
    server,
    proxy,
    s3: { ...server.s3, endpoint },
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await server.remove();
    },
  };
}
