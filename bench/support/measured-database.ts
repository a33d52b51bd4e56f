import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Darkslide, ensurePostgres, type Postgres, runOk } from '@darkslide/testkit';
import { cpuSecondsOfFamily } from './cpu-seconds.ts';

/** A server's database, and what it costs. */
export type MeasuredDatabase = {
  cpuSeconds(): Promise<number>;
  /** Written to the log so far, which is what replicas are sent and what backups keep. */
  logBytes(): Promise<number>;
  /** What the files' rows take on disk, in all. */
  describeSize(files: number): Promise<string>;
};

/** SQLite's work is the server's own, and its log is written over and over. */
export function sqliteOf({ dataDir }: Darkslide): MeasuredDatabase {
  return {
    cpuSeconds: async () => 0,
    logBytes: async () => 0,
    describeSize: async (files) => {
      const { size } = await stat(join(dataDir, 'darkslide.db'));
      return `${(size / files).toFixed(0)} bytes a file`;
    },
  };
}

export async function postgresOf({ url, pid = 0 }: Postgres): Promise<MeasuredDatabase> {
  const psql = join(await ensurePostgres(), 'psql');
  const ask = async (sql: string) => (await runOk(psql, ['-d', url, '-At', '-c', sql])).stdout.trim();
  return {
    cpuSeconds: () => cpuSecondsOfFamily(pid),
    logBytes: async () => Number(await ask(`select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')`)),
    describeSize: async (files) => {
      const each = async (relation: string) =>
        (Number(await ask(`select pg_relation_size('${relation}')`)) / files).toFixed(0);
      const [table, key, pending] = [await each('files'), await each('files_primary_key'), await each('files_pending')];
      return `bytes a file: table ${table}, primary key ${key}, index of the pending ${pending}`;
    },
  };
}
