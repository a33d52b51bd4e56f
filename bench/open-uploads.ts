import assert from 'node:assert/strict';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement, Ratio } from './run.ts';
import { type ApiAccess, call, dataOf, newProject } from './support/api-call.ts';
import { cpuSecondsOf } from './support/cpu-seconds.ts';
import { watchLoad } from './support/load.ts';
import { median } from './support/median.ts';

const MANY = 1000;
const FEW = 100;
/** Small projects before the large one, and as many after it. */
const SMALL_PROJECTS = 3;
const LISTS = 20;
const LIMIT = 1.5;

export const description =
  `${MANY} multipart uploads open at once in one project, against ${FEW}, each: started, listed, half of them completed, ` +
  'half of them aborted, as the sweep does with abandoned ones; one node on SQLite, and the store of another';
export const target = `at most ${LIMIT} times the CPU for each`;

const STEPS = ['start', 'list', 'complete', 'abort'] as const;
/** For one upload: milliseconds by the clock, and of the API node's CPU. */
type Figure = { clock: number; cpu: number };
type Figures = Record<(typeof STEPS)[number], Figure>;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const storage = await Darkslide.start();
  const { endpoint, bucket, credentials } = storage.s3;
  const darkslide = await Darkslide.start({
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
    await measureProject(darkslide, FEW); // warms up
    const small: Figures[] = [];
    const measureSmall = async () => {
      for (let project = 0; project < SMALL_PROJECTS; project += 1) small.push(await measureProject(darkslide, FEW));
    };
    await measureSmall();
    const many = await measureProject(darkslide, MANY);
    await measureSmall();
    const few = (step: keyof Figures): Figure => ({
      clock: median(small.map((figures) => figures[step].clock)),
      cpu: median(small.map((figures) => figures[step].cpu)),
    });
    return {
      rows: [
        ...STEPS.map((step) => ({
          side: step,
          figure: `each of ${MANY}: ${describe(many[step])}; each of ${FEW}: ${describe(few(step))}`,
        })),
        load(),
      ],
      // By the clock a busy machine and its disk decide; what the work costs is the CPU's.
      ratios: STEPS.flatMap((step): Ratio[] => {
        const name = `${step}, each of ${MANY} / each of ${FEW}`;
        return [
          { name: `${name}, CPU`, value: many[step].cpu / few(step).cpu, atMost: LIMIT },
          { name: `${name}, by the clock`, value: many[step].clock / few(step).clock },
        ];
      }),
    };
  } finally {
    await darkslide.remove();
    await storage.remove();
  }
}

type Upload = { upload_id: string; file_name: string; parts: { upload_url: string }[] };

async function measureProject(api: Darkslide, count: number): Promise<Figures> {
  const path = `/${await newProject(api)}/multipart_uploads`;
  const uploads: Upload[] = [];
  const start = await timeEach(api, count, async (index) => {
    const file_name = `DSC_${index}.NEF`;
    uploads.push({
      file_name,
      ...dataOf<Omit<Upload, 'file_name'>>(await call(api, path, { file_name, part_count: 1 })),
    });
  });
  const list = await timeEach(api, LISTS, async () => {
    const { uploads: open } = dataOf<{ uploads: Upload[] }>(await call(api, path));
    assert.equal(open.length, count);
  });
  for (const { parts } of uploads) for (const { upload_url } of parts) await putPart(upload_url);
  const half = count / 2;
  const complete = await timeEach(api, half, async (index) => {
    const { upload_id, file_name } = uploads[index] ?? assert.fail();
    await call(api, `${path}/${upload_id}/complete`, { file_name });
  });
  const abort = await timeEach(api, half, async (index) => {
    const { upload_id } = uploads[half + index] ?? assert.fail();
    await abortUpload(api, `${path}/${upload_id}`);
  });
  return { start, list: { clock: list.clock / count, cpu: list.cpu / count }, complete, abort };
}

/** The cost of one of `count` runs, one after the other. */
async function timeEach(
  { pid = 0 }: Darkslide,
  count: number,
  work: (index: number) => Promise<void>,
): Promise<Figure> {
  const cpu = await cpuSecondsOf(pid);
  const start = performance.now();
  for (let index = 0; index < count; index += 1) await work(index);
  const clock = (performance.now() - start) / count;
  return { clock, cpu: (((await cpuSecondsOf(pid)) - cpu) * 1000) / count };
}

const describe = ({ clock, cpu }: Figure) => `${clock.toFixed(3)} ms (CPU of the API ${cpu.toFixed(3)} ms)`;

async function putPart(url: string): Promise<void> {
  const answer = await request({ url, method: 'PUT', headers: { 'content-type': '' }, body: 'a part' });
  assert.equal(answer.status, 200, answer.text);
}

async function abortUpload({ apiUrl, apiKey }: ApiAccess, path: string): Promise<void> {
  const url = `${apiUrl}/v1/i2i/projects${path}`;
  const answer = await request({ url, method: 'DELETE', headers: { 'x-api-key': apiKey } });
  assert.equal(answer.status, 204, answer.text);
}
