import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Access } from '../darkslide.ts';
import { freePorts } from '../ports.ts';
import { run, runOk } from '../run.ts';
import { temporaryFolder } from '../temporary.ts';
import { Daemon } from './daemon.ts';
import { ensureCeph } from './programs.ts';
import { answers, createBucket, type StorageEngine } from './storage-engine.ts';

/** Sparse; what objects may take on disk. */
const DISK_BYTES = 100 * 1024 ** 3;
/** A gateway that is killed while it completes an upload leaves it locked for this long; 600 by default. */
const COMPLETE_LOCK_SECONDS = 20;
/** The least that Ceph accepts. */
const MEMORY_BYTES = 896 * 1024 ** 2;

/**
 * Ceph's S3 gateway (RGW) on a cluster of one monitor and one disk; ready after some 10 s. `stop`, `kill` and `start`
 * are the gateway's; the cluster behind it stays.
 * @throws {ToolMissingError} when there is no Ceph and none can be installed.
 */
export async function startCephRgw(): Promise<StorageEngine> {
  await ensureCeph();
  const folder = await temporaryFolder('darkslide-ceph');
  const [monitorPort = 0, gatewayPort = 0] = await freePorts(2);
  const cluster = await startCluster({ folder: folder.path, monitorPort, gatewayPort });
  const credentials = { accessKeyId: 'DSCEPH', secretAccessKey: randomBytes(24).toString('base64url') };
  await cluster.createUser(credentials);

  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const gateway = cluster.daemon('radosgw', ['-n', 'client.rgw']);
  const isReady = () => answers(endpoint);
  await gateway.start(isReady);
  const s3 = { endpoint, region: 'us-east-1', bucket: 'darkslide', credentials };
  await createBucket(s3);
  return {
    name: `Ceph RGW ${await cluster.version()}`,
    s3,
    stop: () => gateway.stop(),
    kill: () => gateway.stop('SIGKILL'),
    start: () => gateway.start(isReady),
    remove: async () => {
      await gateway.stop('SIGKILL');
      await cluster.kill();
      await folder.remove();
    },
  };
}

type Place = { folder: string; monitorPort: number; gatewayPort: number };

async function startCluster(place: Place) {
  const { folder, monitorPort } = place;
  const [cluster, disk] = [randomUUID(), randomUUID()];
  const configuration = join(folder, 'ceph.conf');
  for (const name of ['mon', 'osd', 'run']) await mkdir(join(folder, name));
  await writeFile(configuration, configurationOf(place, cluster));
  // Those that ask the monitor for configuration forget the cluster's id over it; some are refused: "wrong fsid".
  const common = ['-c', configuration, '--no-mon-config'];
  const ceph = (command: string, args: readonly string[]) => runOk(command, [...common, ...args]);
  const daemon = (command: string, args: readonly string[]) =>
    new Daemon({ command, args: [...common, ...args, '-f'], folder, name: command });
  const monitors = join(folder, 'monmap');
  const address = `[v1:127.0.0.1:${monitorPort}]`;
  await runOk('monmaptool', ['--create', '--addv', 'a', address, '--fsid', cluster, monitors]);
  await ceph('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', monitors]);
  const monitor = daemon('ceph-mon', ['-i', 'a']);
  // Until it has elected itself it refuses; to create the same disk again does nothing.
  const createDisk = ['-c', configuration, '--connect-timeout', '5', 'osd', 'create', disk];
  await monitor.start(async () => (await run('ceph', createDisk)).code === 0);
  await ceph('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', disk]);
  const storage = daemon('ceph-osd', ['-i', '0']);
  await storage.start(async () => {
    const { stdout } = await run('ceph', ['-c', configuration, 'osd', 'stat', '--format', 'json']);
    return /"num_up_osds":\s*1\b/.test(stdout);
  });

  return {
    daemon,
    /** Also makes what the gateway keeps on the disk. */
    createUser: async (keys: S3Access['credentials']) => {
      const user = ['--uid=darkslide', '--display-name=darkslide'];
      const secrets = [`--access-key=${keys.accessKeyId}`, `--secret=${keys.secretAccessKey}`];
      await ceph('radosgw-admin', ['-n', 'client.rgw', 'user', 'create', ...user, ...secrets]);
    },
    version: async () => /version (\S+)/.exec((await ceph('radosgw', ['--version'])).stdout)?.[1] ?? '',
    kill: async () => {
      await storage.stop('SIGKILL');
      await monitor.stop('SIGKILL');
    },
  };
}

/** One copy of everything, and no waiting for votes of other monitors. */
function configurationOf({ folder, monitorPort, gatewayPort }: Place, cluster: string): string {
  return `[global]
fsid=${cluster}
mon host=v1:127.0.0.1:${monitorPort}
public addr=127.0.0.1
cluster addr=127.0.0.1
auth cluster required=none
auth service required=none
auth client required=none
paxos propose interval=0.01
paxos min wait=0.01
mon allow pool size one=true
osd pool default size=1
osd pool default min size=1
osd pool default pg num=1
osd pool default pgp num=1
osd pool default pg autoscale mode=off
osd crush chooseleaf type=0
osd objectstore=bluestore
osd memory target=${MEMORY_BYTES}
bluestore block size=${DISK_BYTES}
run dir=${folder}/run
log file=${folder}/$name.log
admin socket=${folder}/run/$name.asok
[mon.a]
mon data=${folder}/mon
[osd.0]
osd data=${folder}/osd
[client.rgw]
rgw frontends=beast endpoint=127.0.0.1:${gatewayPort}
rgw mp lock max time=${COMPLETE_LOCK_SECONDS}
`;
}
