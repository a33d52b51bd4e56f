import { randomBytes } from 'node:crypto';
import { Darkslide } from './darkslide.ts';
import { startCephRgw } from './tools/ceph-rgw.ts';
import { type Nginx, startNginx } from './tools/nginx.ts';
import { type Postgres, startPostgres } from './tools/postgres.ts';
import type { StorageEngine } from './tools/storage-engine.ts';

export type ClusterOptions = { nodes?: number; env?: Readonly<Record<string, string>> };

/** Several API nodes behind nginx, on one PostgreSQL and one Ceph RGW; each part can be ended and started again. */
export class Cluster {
  readonly nodes: readonly Darkslide[];
  readonly postgres: Postgres;
  readonly storage: StorageEngine;
  readonly nginx: Nginx;
  /** The first account's. */
  readonly apiKey: string;

  private constructor(parts: Pick<Cluster, 'nodes' | 'postgres' | 'storage' | 'nginx' | 'apiKey'>) {
    this.nodes = parts.nodes;
    this.postgres = parts.postgres;
    this.storage = parts.storage;
    this.nginx = parts.nginx;
    this.apiKey = parts.apiKey;
  }

  /** Starts all nodes at the same moment, on an empty database. */
  static async start({ nodes: count = 3, env = {} }: ClusterOptions = {}): Promise<Cluster> {
    const [postgres, storage] = await Promise.all([startPostgres(), startCephRgw()]);
    const apiKey = `cluster-${randomBytes(24).toString('hex')}`;
    const options = { databaseUrl: postgres.url, s3: storage.s3, env: { DARKSLIDE_API_KEY: apiKey, ...env } };
    const nodes = await Promise.all(Array.from({ length: count }, () => Darkslide.prepare(options)));
    try {
      await Promise.all(nodes.map((node) => node.start()));
      const nginx = await startNginx({ nodes: nodes.map(({ apiUrl }) => apiUrl) });
      return new Cluster({ nodes, postgres, storage, nginx, apiKey });
    } catch (error) {
      await Promise.all(nodes.map((node) => node.remove()));
      await Promise.all([postgres.remove(), storage.remove()]);
      throw error;
    }
  }

  /** Where clients reach it. */
  get apiUrl(): string {
    return this.nginx.url;
  }

  /** As an upgrade does: one node after the other is stopped, and the next when it is ready again. */
  async restartInTurn(): Promise<void> {
    for (const node of this.nodes) {
      await node.stop();
      await node.start();
    }
  }

  async remove(): Promise<void> {
    await this.nginx.remove();
    await Promise.all(this.nodes.map((node) => node.remove()));
    await Promise.all([this.postgres.remove(), this.storage.remove()]);
  }
}
