import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresigner } from '@darkslide/s3wire';
import { Darkslide, ensureCurl, runOk, type TemporaryFolder, temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { watchLoad } from './support/load.ts';
import { median } from './support/median.ts';
import { type Nginx, startNginx } from './support/nginx.ts';

export const description =
  '40 × 30 MB put by curl with links, 4 at a time, to the embedded store, whose answer means synced; against dd with fsync of the same volume on the same disk, and against nginx and its DAV module, synced afterwards';
export const target = 'at least 0.8 times as fast as dd, and as fast as nginx';

const FILES = 40;
const FILE_BYTES = 30_000_000;
const VOLUME_MB = (FILES * FILE_BYTES) / 1e6;
const AT_ONCE = 4;
const ROUNDS = 5;

type Side = 'darkslide' | 'dd' | 'nginx' | 'nginx, not synced';

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using folder = await temporaryFolder('darkslide-bench');
  const source = await makeSource(folder);
  const curl = await ensureCurl();
  await using nginx = await startNginx(join(folder.path, 'nginx'));
  const darkslide = await Darkslide.start();
  const times: Record<Side, number[]> = { darkslide: [], dd: [], nginx: [], 'nginx, not synced': [] };
  try {
    // In turn, so that a busy machine slows all of them; the first round, which warms up, does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      const measured = {
        darkslide: await putToStore({ darkslide, curl, source, folder }),
        dd: await copyByDd({ source, folder }),
        ...(nginx.url === undefined ? undefined : await putToNginx({ nginx, curl, source, folder })),
      };
      if (round === 0) continue;
      for (const [side, seconds] of Object.entries(measured)) times[side as Side].push(seconds);
    }
  } finally {
    await darkslide.remove();
  }

  const speed = (side: Side) => VOLUME_MB / median(times[side]);
  const sides = (Object.keys(times) as Side[]).filter((side) => times[side].length > 0);
  return {
    rows: [
      ...sides.map((side) => ({ side, figure: `${speed(side).toFixed(0)} MB/s` })),
      ...(nginx.url === undefined ? [{ side: 'nginx', figure: `MISSING: ${nginx.missing}` }] : []),
      load(),
    ],
    ratios: [
      { name: 'darkslide / dd', value: speed('darkslide') / speed('dd'), atLeast: 0.8 },
      ...(nginx.url === undefined
        ? []
        : [
            { name: 'darkslide / nginx', value: speed('darkslide') / speed('nginx'), atLeast: 1 },
            { name: 'darkslide / nginx, not synced', value: speed('darkslide') / speed('nginx, not synced') },
          ]),
    ],
  };
}

type Source = { file: string; volume: string };

/** Bytes that no disk can compress: one photo, and the whole volume in one file. */
async function makeSource({ path }: TemporaryFolder): Promise<Source> {
  const source = { file: join(path, 'photo.NEF'), volume: join(path, 'volume') };
  const bytes = randomBytes(FILE_BYTES);
  await writeFile(source.file, bytes);
  for (let file = 0; file < FILES; file++) await appendFile(source.volume, bytes);
  return source;
}

async function putToStore(options: {
  darkslide: Darkslide;
  curl: string;
  source: Source;
  folder: TemporaryFolder;
}): Promise<number> {
  const { darkslide, curl, source, folder } = options;
  const { endpoint, region, bucket, credentials } = darkslide.s3;
  const presigner = createPresigner({ endpoint, region, bucket, credentials, pathStyle: true });
  const keys = Array.from({ length: FILES }, (_, index) => `photo-${index}.NEF`);
  const urls = keys.map((key) =>
    presigner.presign({ method: 'PUT', key, expiresIn: 3600, headers: { 'content-type': '' } }),
  );
  const seconds = await curlPut({ curl, urls, file: source.file, folder, status: '200' });
  const client = new S3Client({ ...darkslide.s3, forcePathStyle: true });
  for (const key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  client.destroy();
  return seconds;
}

async function putToNginx(options: {
  nginx: Nginx & { url: string };
  curl: string;
  source: Source;
  folder: TemporaryFolder;
}): Promise<Record<'nginx' | 'nginx, not synced', number>> {
  const { nginx, curl, source, folder } = options;
  const names = Array.from({ length: FILES }, (_, index) => `photo-${index}.NEF`);
  const urls = names.map((name) => `${nginx.url}/${name}`);
  const put = await curlPut({ curl, urls, file: source.file, folder, status: '201' });
  const paths = names.map((name) => join(nginx.files, name));
  const sync = await secondsOf(() => runOk('sync', paths));
  await Promise.all(paths.map((path) => rm(path)));
  return { nginx: put + sync, 'nginx, not synced': put };
}

async function copyByDd({ source, folder }: { source: Source; folder: TemporaryFolder }): Promise<number> {
  const copy = join(folder.path, 'copy');
  await settle();
  const seconds = await secondsOf(() => runOk('dd', [`if=${source.volume}`, `of=${copy}`, 'bs=1M', 'conv=fsync']));
  await rm(copy);
  return seconds;
}

async function curlPut(options: {
  curl: string;
  urls: string[];
  file: string;
  folder: TemporaryFolder;
  status: string;
}): Promise<number> {
  const { curl, urls, file, folder, status } = options;
  const config = join(folder.path, 'curl.conf');
  const transfers = urls.map(
    (url) =>
      `url = "${url}"\nupload-file = "${file}"\nheader = "Content-Type;"\noutput = "/dev/null"\nwrite-out = "%{http_code}\\n"\n`,
  );
  await writeFile(config, transfers.join('next\n'));
  await settle();
  let printed = '';
  const seconds = await secondsOf(async () => {
    const args = ['--silent', '--parallel', '--parallel-max', String(AT_ONCE), '--config', config];
    printed = (await runOk(curl, args)).stdout;
  });
  assert.deepEqual(printed.trim().split('\n'), Array(urls.length).fill(status));
  return seconds;
}

/** What an earlier side left to be written must not slow the next one. */
const settle = () => runOk('sync', []);

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
