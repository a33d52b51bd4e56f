import { access, constants, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Answer, Check } from '@darkslide/doctor';
import { diagnoseListening } from '@darkslide/server';
import { hasOneOwner } from '../runtime/data-folder.ts';
import type { Configuration } from '../settings/configuration.ts';

const GiB = 1024 ** 3;
/** Below this, a shoot or two fill the disk. */
const LITTLE_SPACE = 10 * GiB;
/** Below this, the store may refuse the next file: it keeps some of the disk for its index. */
const NO_SPACE = GiB / 4;

/** How long whatever listens on our port may take to say who it is, in milliseconds. */
const ANSWER_DEADLINE = 5000;

/** What the server needs of the machine that it runs on. */
export function machineChecks(configuration: Configuration): Check[] {
  const { dataDir, host, port } = configuration;
  return [
    { name: 'data folder', ask: () => askFolder(dataDir) },
    ...(hasOneOwner(configuration) ? [{ name: 'free space', ask: () => askSpace(dataDir) }] : []),
    { name: 'API port', ask: () => askPort({ host, port }) },
  ];
}

async function askFolder(dataDir: string): Promise<Answer> {
  const folder = await nearestFolder(dataDir);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch {
    const message = `This user may not write to ${folder}`;
    return { status: 'wrong', message, remedy: 'let it, or choose another data folder with DARKSLIDE_DATA_DIR' };
  }
  if (folder === dataDir) return { status: 'ok', message: `${dataDir} can be written` };
  return { status: 'ok', message: `${dataDir} is not there yet; the first start makes it` };
}

async function askSpace(dataDir: string): Promise<Answer> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(dataDir));
  const free = bavail * bsize;
  const message = `${gibibytes(free)} of ${gibibytes(blocks * bsize)} are free`;
  if (free >= LITTLE_SPACE) return { status: 'ok', message };
  const remedy = 'make room, or choose a data folder on another disk with DARKSLIDE_DATA_DIR';
  return { status: free < NO_SPACE ? 'wrong' : 'warning', message: `Only ${message}`, remedy };
}

const gibibytes = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/** The folder itself, or the first above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function askPort(address: { host: string; port: number }): Promise<Answer> {
  const { host, port } = address;
  try {
    await tryToListen(address);
    return { status: 'ok', message: port === 0 ? `${host} can be listened on` : `${host}:${port} is free` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && (await isOurs(address)))
      return { status: 'ok', message: `darkslide answers on ${host}:${port}` };
    const { problem, remedy } = diagnoseListening(error, { part: 'API', host, port });
    return { status: 'wrong', message: problem, remedy };
  }
}

async function tryToListen(address: { host: string; port: number }): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(address, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

async function isOurs({ host, port }: { host: string; port: number }): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_DEADLINE);
    const answer = await fetch(`http://${callable(host)}:${port}/healthz`, { signal });
    const { data } = (await answer.json()) as { data?: { status?: unknown } };
    return answer.status === 200 && data?.status === 'ok';
  } catch {
    return false;
  }
}

/** An address to call where a server listens on `host`. */
export function callable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
