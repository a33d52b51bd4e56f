import { glob } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensurePackages, isOnPath, ToolMissingError } from './apt.ts';

/** Each returns the command to run; {@link ToolMissingError} where it is not here and can't be installed. */

export const ensureCurl = () => ensureProgram('curl', 'curl');
export const ensureJq = () => ensureProgram('jq', 'jq');
export const ensureRclone = () => ensureProgram('rclone', 'rclone');
export const ensureRsync = () => ensureProgram('rsync', 'rsync');
export const ensureSqlite = () => ensureProgram('sqlite3', 'sqlite3');
export const ensureNginx = () => ensureProgram('/usr/sbin/nginx', 'nginx-light');

/** The library that shifts a program's clock. */
export async function ensureFaketime(): Promise<string> {
  const find = async () => (await Array.fromAsync(glob('/usr/lib/*/faketime/libfaketime.so.1')))[0];
  await ensurePackages({ packages: ['libfaketime'], isThere: async () => (await find()) !== undefined });
  const found = await find();
  if (!found) throw new ToolMissingError('libfaketime is installed, but its library is not under /usr/lib.');
  return found;
}

/** Ceph's monitor, its disk server and its S3 gateway, all on the path. */
export async function ensureCeph(): Promise<void> {
  const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph'];
  const areThere = async () => (await Promise.all(programs.map(isOnPath))).every(Boolean);
  await ensurePackages({ packages: ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common'], isThere: areThere });
}

async function ensureProgram(command: string, debianPackage: string): Promise<string> {
  await ensurePackages({ packages: [debianPackage], isThere: () => isOnPath(command) });
  return command;
}

/** The folder of PostgreSQL's programs (`initdb`, `postgres`), which Debian keeps off the path. */
export async function ensurePostgres(): Promise<string> {
  await ensurePackages({ packages: ['postgresql'], isThere: async () => (await postgresFolder()) !== undefined });
  const folder = await postgresFolder();
  if (!folder) throw new ToolMissingError('PostgreSQL is installed, but its initdb is not under /usr/lib/postgresql.');
  return folder;
}

async function postgresFolder(): Promise<string | undefined> {
  const found: string[] = [];
  for await (const path of glob('/usr/lib/postgresql/*/bin/initdb')) found.push(dirname(path));
  return found.sort((a, b) => version(b) - version(a))[0];
}

const version = (folder: string) => Number(folder.split('/').at(-2));
