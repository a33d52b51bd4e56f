import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPhoto } from '@darkslide/photo';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { type ApiAccess, call, dataOf, newProject } from './support/api-call.ts';
import { cpuSecondsOf } from './support/cpu-seconds.ts';
import { watchLoad } from './support/load.ts';

const MANY = 10_000;
const FEW = 1000;
const LIMIT = 1.2;
const SAMPLES = new URL('../../shared/photos/brackets/shoots', import.meta.url).pathname;
const SENT_AT_ONCE = 32;
const LINKS = 500;
const PAGE = 1000;
const POLL_MS = 2000;

export const description =
  `the server reads what ${MANY} uploaded photos say (real heads), against ${FEW}, and groups them into shots; ` +
  'one node on SQLite, and the store of another';
export const target = `at most ${LIMIT} times the CPU for each`;

type Sample = { name: string; bytes: Buffer; read: number };
type Figures = { cpuMs: number; groupMs: number; pageMs: number; sets: number };

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const samples = await loadSamples();
  const storage = await Darkslide.start();
  const { endpoint, bucket, credentials } = storage.s3;
  const api = await Darkslide.start({
    env: {
      DARKSLIDE_S3_ENDPOINT: endpoint,
      DARKSLIDE_S3_BUCKET: bucket,
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  try {
    await measure(api, samples, FEW / 2); // warms up
    const few = await measure(api, samples, FEW);
    const many = await measure(api, samples, MANY);
    const row = (count: number, { cpuMs, groupMs, pageMs, sets }: Figures) => ({
      side: `${count} photos`,
      figure: `${cpuMs.toFixed(2)} ms CPU a file to read; ${groupMs.toFixed(0)} ms to group, ${pageMs.toFixed(1)} ms a page of ${PAGE}; ${sets} sets`,
    });
    const bytes = samples.reduce((sum, { read }) => sum + read, 0) / samples.length;
    return {
      rows: [
        row(FEW, few),
        row(MANY, many),
        { side: 'bytes read a file', figure: `${(bytes / 1024).toFixed(0)} KiB` },
        load(),
      ],
      ratios: [{ name: `each of ${MANY} / each of ${FEW}, CPU`, value: many.cpuMs / few.cpuMs, atMost: LIMIT }],
    };
  } finally {
    await api.remove();
    await storage.remove();
  }
}

async function loadSamples(): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const path of (await Array.fromAsync(glob('*/**/*.*', { cwd: SAMPLES }))).sort()) {
    const bytes = await readFile(join(SAMPLES, path));
    let read = 0;
    const range = async (from: number, to: number) => {
      const some = bytes.subarray(from, to);
      read += some.length;
      return some;
    };
    await readPhoto({ size: bytes.length, read: range }, path);
    samples.push({ name: path.replaceAll('/', '-'), bytes, read });
  }
  if (samples.length === 0) throw new Error(`There are no sample photos at ${SAMPLES}.`);
  return samples;
}

type ShotList = { unread: number; sets: unknown[]; next_cursor: string | null };

async function measure(api: Darkslide, samples: readonly Sample[], count: number): Promise<Figures> {
  const project = `/${await newProject(api)}`;
  await upload(api, project, samples, count);
  const cpuBefore = await cpuSecondsOf(api.pid ?? 0);
  // Storage is asked what has arrived, and the background does the rest.
  await call(api, project);
  await untilRead(api, project, count);
  const cpuMs = ((await cpuSecondsOf(api.pid ?? 0)) - cpuBefore) * 1000;
  const began = performance.now();
  let page = dataOf<ShotList>(await call(api, `${project}/shots?limit=${PAGE}`));
  const groupMs = performance.now() - began;
  let sets = page.sets.length;
  let pages = 0;
  const paged = performance.now();
  for (; page.next_cursor !== null; pages += 1) {
    page = dataOf<ShotList>(await call(api, `${project}/shots?limit=${PAGE}&cursor=${page.next_cursor}`));
    sets += page.sets.length;
  }
  return { cpuMs: cpuMs / count, groupMs, pageMs: (performance.now() - paged) / Math.max(1, pages), sets };
}

async function upload(api: ApiAccess, project: string, samples: readonly Sample[], count: number): Promise<void> {
  const at = (index: number) => samples[index % samples.length] as Sample;
  const nameOf = (index: number) => `${String(Math.floor(index / samples.length)).padStart(2, '0')}-${at(index).name}`;
  for (let begin = 0; begin < count; begin += LINKS) {
    const indexes = Array.from({ length: Math.min(LINKS, count - begin) }, (_, index) => begin + index);
    const files_list = indexes.map((index) => ({ file_name: nameOf(index) }));
    type Links = { files_list: { upload_link: string }[] };
    const links = dataOf<Links>(await call(api, `${project}/get_temporary_upload_links`, { files_list })).files_list;
    const queue = indexes.entries();
    const send = async () => {
      for (const [place, index] of queue) {
        const url = links[place]?.upload_link ?? '';
        const { status } = await request({
          url,
          method: 'PUT',
          headers: { 'content-type': '' },
          body: at(index).bytes,
        });
        if (status !== 200) throw new Error(`A PUT returned ${status}.`);
      }
    };
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, send));
  }
}

/** Polls gently: its own requests are measured too. */
async function untilRead(api: ApiAccess, project: string, count: number): Promise<void> {
  for (let unread = count; unread > 0; ) {
    await sleep(POLL_MS);
    const page = dataOf<ShotList & { shots: unknown[] }>(await call(api, `${project}/shots?limit=1`));
    unread = page.unread + (page.shots.length === 0 ? 1 : 0);
  }
}
