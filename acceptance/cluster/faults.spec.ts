import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import {
  bytesMd5,
  type Cluster,
  Darkslide,
  photoBytes,
  runDarkslide,
  seededRandom,
  temporaryFolder,
  writeShoot,
} from '@darkslide/testkit';
import { Api, data, PROFILE, uniqueName } from '../support/api.ts';
import { startCluster } from '../support/cluster.ts';
import { eventually } from '../support/external-storage.ts';
import { passesOf } from '../support/job-passes.ts';
import { type Acknowledged, Load, type Seen } from '../support/load.ts';
import { s3Client } from '../support/s3.ts';

/** How often nodes are killed; more is a soak. */
const KILLS = Number(process.env.DARKSLIDE_CLUSTER_KILLS ?? 4);
const DATABASE_AWAY = 3000;
const STORAGE_AWAY = 30_000;
const CLIENTS = 2;
const MiB = 1024 * 1024;

const folder = await temporaryFolder('darkslide-cluster');
after(() => folder.remove());
const cluster = await startCluster({ env: { DARKSLIDE_LOG_LEVEL: 'debug', DARKSLIDE_SWEEP_INTERVAL: '1' } });
const api = new Api(cluster);

/** Uploads one shoot after the other with the command line until it is told to stop; returns their sizes by project. */
async function uploadShoots(client: number, stopped: () => boolean): Promise<Map<string, number>> {
  const sizes = [...Array.from({ length: 20 }, (_, index) => 50_000 + index * 7000), 70 * MiB];
  const path = `${folder.path}/client-${client}`;
  const photos = await writeShoot({ folder: path, seed: client, sizes });
  const projects = new Map<string, number>();
  while (!stopped()) {
    const name = uniqueName('Client');
    const { code, stdout, stderr } = await runDarkslide(
      ['upload', path, '--project', name, '--json', '--limit-rate', '20M'],
      {
        env: { DARKSLIDE_URL: cluster.apiUrl, DARKSLIDE_API_KEY: cluster.apiKey, XDG_STATE_HOME: `${path}-state` },
        timeoutMs: 240_000,
      },
    );
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
      successful: number;
      project_uuid: string;
    };
    assert.deepEqual([code, summary.successful], [0, photos.length], stderr || stdout.slice(-2000));
    projects.set(summary.project_uuid, photos.length);
  }
  return projects;
}

async function breakThings({ nodes, postgres, storage }: Cluster): Promise<void> {
  const random = seededRandom(4);
  for (let count = 0; count < KILLS; count++) {
    const node = nodes[Math.floor(random() * nodes.length)] ?? assert.fail();
    await sleep(random() * 1500);
    await node.kill();
    await sleep(random() * 1500);
    await node.start();
  }
  await postgres.stop();
  await sleep(DATABASE_AWAY);
  await postgres.start();
  await cluster.restartInTurn();
  await storage.kill();
  await sleep(STORAGE_AWAY);
  await storage.start();
}

const etagOf = ({ seed, size, name }: Acknowledged) => {
  const { hex } = bytesMd5(photoBytes({ seed, size }));
  return name.startsWith('HDR') ? `${bytesMd5(Buffer.from(hex, 'hex')).hex}-1` : hex;
};

/** Every file that anyone was told has arrived is there, as it was sent. */
async function assertNothingLost({ acknowledged }: Seen): Promise<void> {
  const byProject = Map.groupBy(acknowledged, ({ project }) => project);
  for (const [project, files] of byProject) {
    const listed = new Map((await api.files(project)).map((file) => [file.file_name, file]));
    for (const file of files) {
      const found = listed.get(file.name);
      assert.deepEqual([found?.status, found?.size, found?.etag], ['uploaded', file.size, etagOf(file)], file.name);
    }
    const [sample] = files;
    if (sample) assert.deepEqual(await api.download(project, sample.name), photoBytes(sample));
  }
}

async function assertNamesAreUnique({ projects }: Seen): Promise<void> {
  for (const [name, uuids] of projects) assert.equal(uuids.size, 1, name);
  const names: string[] = [];
  for (let page = 0; ; page++) {
    const list = data<{ projects: { name: string }[] }>(await api.get(`${PROFILE}?size=100&page=${page}`));
    names.push(...list.projects.map(({ name }) => name));
    if (list.projects.length === 0) break;
  }
  assert.equal(new Set(names).size, names.length);
  for (const name of projects.keys()) assert.ok(names.includes(name), name);
}

/** Only what is worth asking again: nginx sees every response, also those that clients do not report. */
async function assertFailuresMayPass(): Promise<void> {
  const isFine = ({ status, path, method }: { status: number; path: string; method: string }) =>
    status < 400 ||
    [429, 499, 502, 503, 504].includes(status) ||
    // A name that an attempt without an answer took, and an upload that a dead node still holds.
    (status === 409 && method === 'POST' && (path === PROFILE || path.endsWith('/complete')));
  const answers = (await cluster.nginx.answers()).filter(({ path }) => path.startsWith('/v1'));
  assert.deepEqual(
    answers.filter((answer) => !isFine(answer)),
    [],
  );
  assert.deepEqual(
    answers.filter(({ nodeStatuses }) => nodeStatuses.includes('500')),
    [],
  );
}

/** Starts whose answer was lost leave an open upload; the cleanup finds it, on any node. */
async function assertUploadsAreSwept(): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.stop()));
  const sweeper = await Darkslide.start({
    databaseUrl: cluster.postgres.url,
    s3: cluster.storage.s3,
    env: { DARKSLIDE_MULTIPART_IDLE_DAYS: '0.0001', DARKSLIDE_SWEEP_INTERVAL: '1' },
  });
  try {
    const client = s3Client(cluster.storage);
    const Bucket = cluster.storage.s3.bucket;
    const isSwept = async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.length === 0;
    };
    await eventually(isSwept, 'no upload is left open');
  } finally {
    await sweeper.remove();
  }
}

it('restarts node by node, and no client notices [L9.4, L9.17]', { timeout: 180_000 }, async () => {
  const load = new Load(cluster);
  await cluster.restartInTurn();
  const { retried, acknowledged } = await load.stop();
  assert.deepEqual(Object.fromEntries(retried), {});
  assert.ok(acknowledged.length > 0);
  const answers = await cluster.nginx.answers();
  assert.deepEqual(
    answers.filter(({ status, path }) => status >= 400 && path.startsWith('/v1')),
    [],
  );
});

it('loses nothing when nodes, database and storage go away [L9.5, L9.16, L9.18, L9.19]', {
  timeout: 600_000,
}, async (t) => {
  const load = new Load(cluster);
  let done = false;
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, client) => uploadShoots(client, () => done)));
  clients.catch(() => {});
  await breakThings(cluster);
  done = true;
  const seen = await load.stop();
  for (const projects of await clients) {
    assert.ok(projects.size > 0);
    for (const [uuid, count] of projects) {
      const files = await api.files(`${PROFILE}/${uuid}`);
      assert.equal(files.filter(({ status }) => status === 'uploaded').length, count);
    }
  }
  assert.ok(seen.retried.size > 0, 'something went wrong at least');
  await assertNothingLost(seen);
  await assertNamesAreUnique(seen);
  await assertFailuresMayPass();
  await assertUploadsAreSwept();

  const passes = passesOf(cluster.nodes.map(({ logs }) => logs));
  const asked = Object.fromEntries(seen.retried);
  t.diagnostic(`${seen.acknowledged.length} files, ${passes.length} passes, asked again ${JSON.stringify(asked)}`);
  assert.ok(new Set(passes.map(({ node }) => node)).size > 1, 'the work went on elsewhere');
  for (const [index, pass] of passes.entries()) {
    const next = passes[index + 1];
    if (next?.job === pass.job) assert.ok(next.began >= pass.ended, `${pass.job} on two nodes at once`);
  }
});
