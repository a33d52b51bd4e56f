import { Darkslide } from './darkslide.ts';
import { embeddedTarget, type Target } from './target.ts';
import { startPostgres } from './tools/postgres.ts';

/** What a server stands on: everything inside, or a PostgreSQL and an S3 of their own. */
export type StackKind = 'embedded' | 'external';

export type Stack = { target: Target; remove(): Promise<void> };

export function startStack(kind: StackKind): Promise<Stack> {
  return kind === 'embedded' ? startEmbedded() : startExternal();
}

async function startEmbedded(): Promise<Stack> {
  const darkslide = await Darkslide.start();
  return { target: await embeddedTarget(darkslide), remove: () => darkslide.remove() };
}

/** The S3 is another server's store: the API reaches it as it would reach any. */
async function startExternal(): Promise<Stack> {
  const [postgres, storage] = await Promise.all([startPostgres(), Darkslide.start()]);
  const { s3 } = storage;
  const api = await Darkslide.start({
    env: {
      DATABASE_URL: postgres.url,
      DARKSLIDE_S3_ENDPOINT: s3.endpoint,
      DARKSLIDE_S3_BUCKET: s3.bucket,
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
  const target = await embeddedTarget(api);
  return {
    target: { ...target, s3 },
    remove: async () => {
      await api.remove();
      await Promise.all([storage.remove(), postgres.remove()]);
    },
  };
}
