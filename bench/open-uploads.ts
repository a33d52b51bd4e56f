import assert from 'node:assert/strict';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { type ApiAccess, call, dataOf, newProject } from './support/api-call.ts';
import { watchLoad } from './support/load.ts';
import { median } from './support/median.ts';

const MANY = 1000;
const FEW = 100;
/** Small projects before the large one, and as many after it. */
const SMALL_PROJECTS = 3;
const LIMIT = 1.5;

export const description =
  `${MANY} multipart uploads open at once in one project, against ${FEW}, each: started, listed, half of them completed, ` +
  'half of them aborted, as the sweep does with abandoned ones; one node, SQLite and the embedded store';
export const target = `at most ${LIMIT} times as long for each`;

const STEPS = ['start', 'list', 'complete', 'abort'] as const;
/** Milliseconds for one upload. */
type Figures = Record<(typeof STEPS)[number], number>;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const darkslide = await Darkslide.start();
  try {
    await measureProject(darkslide, FEW); // warms up
    const small: Figures[] = [];
    const measureSmall = async () => {
      for (let project = 0; project < SMALL_PROJECTS; project += 1) small.push(await measureProject(darkslide, FEW));
    };
    await measureSmall();
    const many = await measureProject(darkslide, MANY);
    await measureSmall();
    const few = (step: keyof Figures) => median(small.map((figures) => figures[step]));
    return {
      rows: [
        ...STEPS.map((step) => ({
          side: step,
          figure: `${many[step].toFixed(2)} ms each of ${MANY}, ${few(step).toFixed(2)} ms each of ${FEW}`,
        })),
        load(),
      ],
      ratios: STEPS.map((step) => ({
        name: `${step}, ${MANY} / ${FEW}`,
        value: many[step] / few(step),
        atMost: LIMIT,
      })),
    };
  } finally {
    await darkslide.remove();
  }
}

type Upload = { upload_id: string; file_name: string; parts: { upload_url: string }[] };

async function measureProject(api: ApiAccess, count: number): Promise<Figures> {
  const path = `/${await newProject(api)}/multipart_uploads`;
  const uploads: Upload[] = [];
  const start = await timeEach(count, async (index) => {
    const file_name = `DSC_${index}.NEF`;
    uploads.push({
      file_name,
      ...dataOf<Omit<Upload, 'file_name'>>(await call(api, path, { file_name, part_count: 1 })),
    });
  });
  const list = await timeEach(1, async () => {
    const { uploads: open } = dataOf<{ uploads: Upload[] }>(await call(api, path));
    assert.equal(open.length, count);
  });
  for (const { parts } of uploads) for (const { upload_url } of parts) await putPart(upload_url);
  const half = count / 2;
  const complete = await timeEach(half, async (index) => {
    const { upload_id, file_name } = uploads[index] ?? assert.fail();
    await call(api, `${path}/${upload_id}/complete`, { file_name });
  });
  const abort = await timeEach(half, async (index) => {
    const { upload_id } = uploads[half + index] ?? assert.fail();
    await abortUpload(api, `${path}/${upload_id}`);
  });
  return { start, list: list / count, complete, abort };
}

/** Milliseconds for one of so many, one after the other. */
async function timeEach(count: number, work: (index: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < count; index += 1) await work(index);
  return (performance.now() - start) / count;
}

async function putPart(url: string): Promise<void> {
  const answer = await request({ url, method: 'PUT', headers: { 'content-type': '' }, body: 'a part' });
  assert.equal(answer.status, 200, answer.text);
}

async function abortUpload({ apiUrl, apiKey }: ApiAccess, path: string): Promise<void> {
  const url = `${apiUrl}/v1/i2i/projects${path}`;
  const answer = await request({ url, method: 'DELETE', headers: { 'x-api-key': apiKey } });
  assert.equal(answer.status, 204, answer.text);
}
