import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StorageConfig } from '../src/storage/s3/config.ts';

const BINARY = fileURLToPath(new URL('../../darkslide/bin/darkslide.js', import.meta.url));
const START_DEADLINE_MS = 30_000;

export type RunningStorage = {
  config: StorageConfig & Required<Pick<StorageConfig, 'credentials'>>;
  /** Flips a bit in the file that holds these bytes; missing where its files are out of reach. */
  damage?: ((bytes: Buffer) => Promise<void>) | undefined;
  stop(): Promise<void>;
};

/**
 * A storage to test against: the one of DARKSLIDE_TEST_S3_ENDPOINT (with DARKSLIDE_TEST_S3_BUCKET, and AWS's own
 * variables for credentials and region), and else the embedded store.
 */
export async function startStorage(): Promise<RunningStorage> {
  const { DARKSLIDE_TEST_S3_ENDPOINT: endpoint, DARKSLIDE_TEST_S3_BUCKET: bucket, AWS_REGION: region } = process.env;
  if (endpoint === undefined) return await startEmbeddedStorage();
  const place = { endpoint, region: region ?? 'us-east-1', bucket: bucket ?? 'darkslide', forcePathStyle: true };
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
  const credentials = { accessKeyId, secretAccessKey };
  return { config: { ...place, credentials, signContentType: 'auto' }, stop: async () => {} };
}

/**
 * The embedded store in a process of its own, as the binary starts it. This package never imports it: they meet on
 * the wire only.
 */
async function startEmbeddedStorage(): Promise<RunningStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-storage-'));
  const [apiPort, storePort] = [await freePort(), await freePort()];
  const credentials = { accessKeyId: 'TESTKEY', secretAccessKey: 'test-secret-of-the-embedded-store' };
  const child = spawn(process.execPath, [BINARY, 'serve'], {
    env: {
      PATH: process.env.PATH,
      DARKSLIDE_DATA_DIR: folder,
      DARKSLIDE_PORT: String(apiPort),
      DARKSLIDE_STORE_PORT: String(storePort),
      DARKSLIDE_STORE_ACCESS_KEY: credentials.accessKeyId,
      DARKSLIDE_STORE_SECRET_KEY: credentials.secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true });
  };
  try {
    await isListening(child.stdout, `http://127.0.0.1:${apiPort}/readyz`);
  } catch (error) {
    await stop();
    throw error;
  }
  const endpoint = `http://127.0.0.1:${storePort}`;
  const place = { endpoint, region: 'us-east-1', bucket: 'darkslide', forcePathStyle: true };
  const damage = (bytes: Buffer) => flipBitOf(bytes, join(folder, 'store', 'blobs'));
  return { config: { ...place, credentials, signContentType: 'auto' }, damage, stop };
}

async function flipBitOf(bytes: Buffer, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const held = await readFile(path);
    if (held.indexOf(bytes) !== 0) continue;
    held.writeUInt8(held.readUInt8(0) ^ 1, 0);
    await writeFile(path, held);
    return;
  }
  throw new Error('No file holds these bytes.');
}

/** Whatever the binary prints may mean that it is ready. */
async function isListening(output: NodeJS.ReadableStream, readyUrl: string): Promise<void> {
  const signal = AbortSignal.timeout(START_DEADLINE_MS);
  for await (const _ of createInterface({ input: output, signal })) {
    const ready = await fetch(readyUrl, { signal }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) {
      output.resume();
      return;
    }
  }
  throw new Error(`darkslide serve was not ready after ${START_DEADLINE_MS} ms.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A listening server has no port.');
  return address.port;
}
