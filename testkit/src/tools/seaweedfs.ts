import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { runOk } from '../run.ts';
import { temporaryFolder } from '../temporary.ts';
import { Daemon } from './daemon.ts';
import { ensureSeaweedfs } from './python.ts';
import { answers, createBucket, type StorageEngine } from './storage-engine.ts';

/** What one volume file may take, in MB, and how many there may be. */
const VOLUMES = { megabytes: 1024, most: 100 };

/**
 * SeaweedFS with its S3 gateway, all in one process.
 * @throws {ToolMissingError} when there is no Python to install it with, and none can be installed.
 */
export async function startSeaweedfs(): Promise<StorageEngine> {
  const weed = await ensureSeaweedfs();
  const folder = await temporaryFolder('darkslide-seaweedfs');
  const [s3Port, ...ports] = await freePorts(8);
  const [s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc] = ports;
  const credentials = { accessKeyId: 'DSSEAWEED', secretAccessKey: randomBytes(24).toString('base64url') };
  const identities = join(folder.path, 's3.json');
  await writeFile(identities, JSON.stringify(adminOf(credentials)), { mode: 0o600 });
  const server = new Daemon({
    command: weed,
    args: [
      'server',
      `-dir=${folder.path}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      `-master.port=${master}`,
      `-master.port.grpc=${masterGrpc}`,
      `-master.volumeSizeLimitMB=${VOLUMES.megabytes}`,
      `-volume.port=${volume}`,
      `-volume.port.grpc=${volumeGrpc}`,
      `-volume.max=${VOLUMES.most}`,
      '-volume.preStopSeconds=1',
      '-filer',
      `-filer.port=${filer}`,
      `-filer.port.grpc=${filerGrpc}`,
      '-s3',
      `-s3.port=${s3Port}`,
      `-s3.port.grpc=${s3Grpc}`,
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      `-s3.config=${identities}`,
    ],
    folder: folder.path,
    name: 'weed',
  });
  const s3 = { endpoint: `http://127.0.0.1:${s3Port}`, region: 'us-east-1', bucket: 'darkslide', credentials };
  const start = () => server.start(() => answers(s3.endpoint));
  await start();
  await createBucket(s3);
  return {
    name: `SeaweedFS ${await versionOf(weed)}`,
    s3,
    stop: () => server.stop(),
    kill: () => server.stop('SIGKILL'),
    start,
    remove: async () => {
      await server.stop('SIGKILL');
      await folder.remove();
    },
  };
}

function adminOf({ accessKeyId: accessKey, secretAccessKey: secretKey }: StorageEngine['s3']['credentials']) {
  return { identities: [{ name: 'darkslide', credentials: [{ accessKey, secretKey }], actions: ['Admin'] }] };
}

async function versionOf(weed: string): Promise<string> {
  return /\s(\d+\.\d+)\s/.exec((await runOk(weed, ['version'])).stdout)?.[1] ?? '';
}
