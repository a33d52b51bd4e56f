import { randomUUID } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { run, runOk } from '../run.ts';
import { temporaryFolder } from '../temporary.ts';
import { Daemon } from './daemon.ts';
import { ensurePostgres } from './programs.ts';

/** A PostgreSQL server of its own on 127.0.0.1, with an empty database. */
export type Postgres = {
  url: string;
  /** Of the server's first process, whose children serve the connections; undefined while it is stopped. */
  readonly pid: number | undefined;
  /** Runs a statement, as the owner of everything. */
  query(sql: string): Promise<void>;
  /** Ends it as a crash does; `start` brings it back with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
};

export type PostgresOptions = {
  /** Waits for the disk at every commit, and has memory, as in production: for measurements. */
  durable?: boolean;
  /** Asks for this password; without it lets everyone in. */
  password?: string;
};

const FAST = ['fsync=off'];
const DURABLE = ['fsync=on', 'shared_buffers=1GB', 'max_wal_size=4GB'];

/** @throws {ToolMissingError} when there is no PostgreSQL and none can be installed. */
export async function startPostgres({ durable = false, password }: PostgresOptions = {}): Promise<Postgres> {
  const bin = await ensurePostgres();
  const [port] = await freePorts(1);
  const folder = await temporaryFolder('darkslide-postgres');
  const user = await unprivilegedUser();
  if (user) await chown(folder.path, user.uid, user.gid);
  const data = join(folder.path, 'data');
  const passwordFile = join(folder.path, 'password');
  if (password !== undefined) await writeFile(passwordFile, password);
  const asking = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const initdb = ['-D', data, '-U', 'darkslide', ...asking, '--no-sync', '--encoding=UTF8', '--no-locale'];
  await runOk(join(bin, 'initdb'), initdb, { ...user, cwd: folder.path });

  const settings = ['-k', folder.path, '-h', '127.0.0.1', '-p', String(port)];
  for (const setting of durable ? DURABLE : FAST) settings.push('-c', setting);
  const server = new Daemon({
    command: join(bin, 'postgres'),
    args: ['-D', data, ...settings],
    folder: folder.path,
    name: 'postgres',
    ...user,
  });
  const isReady = async () => {
    const { code } = await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q']);
    return code === 0;
  };
  const start = () => server.start(isReady);
  const stop = () => server.stop('SIGQUIT');
  await start();
  const url = `postgres://darkslide${password === undefined ? '' : `:${password}`}@127.0.0.1:${port}/postgres`;
  return {
    url,
    get pid() {
      return server.pid;
    },
    query: async (sql) => void (await runOk(join(bin, 'psql'), [url, '-q', '-v', 'ON_ERROR_STOP=1', '-c', sql])),
    stop,
    start,
    remove: async () => {
      await stop();
      await folder.remove();
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await runOk('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** A further database of the same server, empty; returns its URL. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const url = new URL(serverUrl);
  const name = `spec_${randomUUID().replaceAll('-', '')}`;
  const server = ['-h', url.hostname, '-p', url.port, '-U', url.username];
  await runOk(join(await ensurePostgres(), 'createdb'), [...server, name]);
  url.pathname = `/${name}`;
  return url.href;
}
