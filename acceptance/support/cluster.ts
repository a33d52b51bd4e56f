import { after } from 'node:test';
import { Cluster, type ClusterOptions } from '@darkslide/testkit';

/** A cluster of the spec file's own, as its parts are stopped and killed. Ended after the last spec of the file. */
export async function startCluster(options?: ClusterOptions): Promise<Cluster> {
  const cluster = await Cluster.start(options);
  after(() => cluster.remove());
  return cluster;
}
