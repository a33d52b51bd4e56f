import { after } from 'node:test';
import { Cluster, type ClusterOptions, givenEngines, startCephRgw, startEmbeddedStorage } from '@darkslide/testkit';

/**
 * Three nodes behind nginx, on a PostgreSQL and a storage of the spec file's own, as they are stopped and killed: Ceph
 * RGW where the run stands on it, and else the embedded store. Ended after the last spec of the file.
 */
export async function startCluster(options: Omit<ClusterOptions, 'storage'> = {}): Promise<Cluster> {
  const { s3 } = await givenEngines();
  const storage = s3 === undefined ? await startEmbeddedStorage() : await startCephRgw();
  const cluster = await Cluster.start({ ...options, storage });
  after(() => cluster.remove());
  return cluster;
}
