import { randomUUID } from 'node:crypto';
import { Darkslide, type DarkslideOptions, type S3Access } from './darkslide.ts';
import { type Engines, type Target, targetOf } from './target.ts';
import { startCephRgw } from './tools/ceph-rgw.ts';
import { createDatabase, startPostgres } from './tools/postgres.ts';
import { startSeaweedfs } from './tools/seaweedfs.ts';
import { createBucket } from './tools/storage-engine.ts';

type RunningEngines = Engines & { remove(): Promise<void> };

const STACKS = {
  /** SQLite and the embedded store. */
  embedded: async (): Promise<RunningEngines> => ({ remove: async () => {} }),
  /** PostgreSQL and Ceph RGW. */
  production: async (): Promise<RunningEngines> => {
    const [postgres, ceph] = await Promise.all([startPostgres(), startCephRgw()]);
    const remove = async () => void (await Promise.all([postgres.remove(), ceph.remove()]));
    return { databaseUrl: postgres.url, s3: ceph.s3, remove };
  },
  /** SQLite and SeaweedFS. */
  seaweedfs: async (): Promise<RunningEngines> => {
    const { s3, remove } = await startSeaweedfs();
    return { s3, remove };
  },
};

export type StackKind = keyof typeof STACKS;

export const stackKinds = Object.keys(STACKS) as readonly StackKind[];

export type Stack = { target: Target; remove(): Promise<void> };

/** Starts engines and a server on them. @throws {ToolMissingError} when an engine can't be installed. */
export async function startStack(kind: StackKind): Promise<Stack> {
  const { remove, ...engines } = await STACKS[kind]();
  const server = await startOn(engines);
  return {
    target: await targetOf(server, engines),
    remove: async () => {
      await server.remove();
      await remove();
    },
  };
}

/** A server on engines that others may use too: with a database and a bucket of its own. */
export async function startOn(engines: Engines, options: DarkslideOptions = {}): Promise<Darkslide> {
  const databaseUrl = engines.databaseUrl && (await createDatabase(engines.databaseUrl));
  const s3 = options.s3 ?? (engines.s3 && (await newBucketOf(engines.s3)));
  return await Darkslide.start({ ...options, databaseUrl, s3 });
}

/** A storage's access with a bucket that is new. */
export async function newBucketOf(s3: S3Access): Promise<S3Access> {
  const access = { ...s3, bucket: `spec-${randomUUID()}` };
  await createBucket(access);
  return access;
}
