import { access, constants, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Check, Outcome } from '@darkslide/doctor';
import { diagnoseListening } from '@darkslide/server';
import { hasOneOwner } from '../runtime/data-folder.ts';
import type { Configuration } from '../settings/configuration.ts';

const GiB = 1024 ** 3;
/** With less free space, one or two shoots fill the disk. */
const LITTLE_SPACE_BYTES = 10 * GiB;
/** With less free space, the store may refuse the next file: it reserves some for its index. */
const NO_SPACE_BYTES = GiB / 4;

/** How long the program that listens on our port may take to respond. */
const RESPONSE_TIMEOUT_MS = 5000;

/** What the server needs from its machine. */
export function machineChecks(configuration: Configuration): Check[] {
  const { dataDir, host, port } = configuration;
  return [
    { name: 'data folder', ask: () => checkFolder(dataDir) },
    ...(hasOneOwner(configuration) ? [{ name: 'free space', ask: () => checkSpace(dataDir) }] : []),
    { name: 'API port', ask: () => checkPort({ host, port }) },
  ];
}

async function checkFolder(dataDir: string): Promise<Outcome> {
  const folder = await nearestFolder(dataDir);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch {
    const message = `This user may not write to ${folder}`;
    return {
      status: 'wrong',
      message,
      remedy: 'grant this user access, or choose another data folder with DARKSLIDE_DATA_DIR',
    };
  }
  if (folder === dataDir) return { status: 'ok', message: `${dataDir} is writable` };
  return { status: 'ok', message: `${dataDir} does not exist yet; the first start creates it` };
}

async function checkSpace(dataDir: string): Promise<Outcome> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(dataDir));
  const free = bavail * bsize;
  const message = `${gibibytes(free)} of ${gibibytes(blocks * bsize)} are free`;
  if (free >= LITTLE_SPACE_BYTES) return { status: 'ok', message };
  const remedy = 'free some space, or choose a data folder on another disk with DARKSLIDE_DATA_DIR';
  return { status: free < NO_SPACE_BYTES ? 'wrong' : 'warning', message: `Only ${message}`, remedy };
}

const gibibytes = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/** The folder itself, or the nearest folder above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function checkPort(address: { host: string; port: number }): Promise<Outcome> {
  const { host, port } = address;
  try {
    await tryToListen(address);
    return { status: 'ok', message: port === 0 ? `${host} is an address of this machine` : `${host}:${port} is free` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && (await isOurs(address))) {
      return { status: 'ok', message: `darkslide listens on ${host}:${port}` };
    }
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
    const signal = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
    const response = await fetch(`http://${callable(host)}:${port}/healthz`, { signal });
    const { data } = (await response.json()) as { data?: { status?: unknown } };
    return response.status === 200 && data?.status === 'ok';
  } catch {
    return false;
  }
}

/** The address at which a client reaches a server that listens on `host`. */
export function callable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
