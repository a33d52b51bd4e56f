import assert from 'node:assert/strict';
import { Darkslide, type Postgres } from '@darkslide/testkit';
import type { Measurement, Ratio } from '../run.ts';
import { call, dataOf, newProject } from './api-call.ts';
import { cpuSecondsOf } from './cpu-seconds.ts';
import { watchLoad } from './load.ts';
import { fileName } from './many-names.ts';
import { type MeasuredDatabase, postgresOf, sqliteOf } from './measured-database.ts';
import { median } from './median.ts';
import { peakMegabytes } from './peak-memory.ts';
import { type ScriptServer, startScript } from './script.ts';

const MANY = 1_000_000;
const FEW = 10_000;
/** Small projects before the large one, and as many after it. */
const SMALL_PROJECTS = 5;
const NAMES_PER_REQUEST = 10_000;
const PAGE = 1000;
const STATUS_CALLS = 200;
const LIMIT = 1.5;
const MEMORY_LIMIT_MB = 512;

export const description =
  'a project with 1,000,000 files against projects with 10,000, per file: links asked for and asked for again, arrivals ' +
  'counted by asking for the project, all files listed; storage is a stand-in that lists what an S3 would';
export const target = `at most ${LIMIT} times the CPU a file, and at most ${MEMORY_LIMIT_MB} MB of memory`;

/** Measures the server over a storage that only lists. Without a PostgreSQL, the database is SQLite. */
export async function measureManyFiles(postgres?: Postgres): Promise<Measurement> {
  const load = watchLoad();
  await using storage = await startScript('listing-server.ts');
  const darkslide = await Darkslide.start({
    env: {
      DATABASE_URL: postgres?.url,
      DARKSLIDE_S3_ENDPOINT: storage.url,
      DARKSLIDE_S3_BUCKET: 'photos',
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: 'BENCH',
      AWS_SECRET_ACCESS_KEY: 'bench-secret',
    },
  });
  try {
    // A first start from sources strips their types, in memory that an installed package never takes; it is kept.
    await darkslide.stop();
    await darkslide.start();
    const database = postgres === undefined ? sqliteOf(darkslide) : await postgresOf(postgres);
    const meter: Meter = { darkslide, storage, database };
    const small: Figures[] = [];
    const measureSmall = async () => {
      for (let project = 0; project < SMALL_PROJECTS; project += 1) small.push(await measureProject(meter, FEW));
    };
    await measureProject(meter, FEW); // warms up
    await measureSmall();
    const idle = await peakMegabytes(darkslide);
    const many = await measureProject(meter, MANY);
    const peak = await peakMegabytes(darkslide);
    const size = await database.describeSize(MANY + (SMALL_PROJECTS + 1) * FEW);
    await measureSmall();
    const { rows, ratios } = compare(many, small);
    return {
      rows: [
        ...rows,
        { side: 'database on disk', figure: size },
        {
          side: `server's memory`,
          figure: `${idle.toFixed(0)} MB before the large project, ${peak.toFixed(0)} MB at most`,
        },
        load(),
      ],
      ratios: [...ratios, { name: 'peak memory, MB', value: peak, atMost: MEMORY_LIMIT_MB }],
    };
  } finally {
    await darkslide.remove();
  }
}

const STEPS = ['links', 'links again', 'count arrivals', 'list, half of it new', 'list again', 'status call'] as const;

/** Of one file, or one call: microseconds by the clock, CPU microseconds, and bytes of the database's log. */
type Figure = { micros: number; server: number; database: number; log: number };
type Figures = Record<(typeof STEPS)[number], Figure> & { longestStatus: number };

type Meter = { darkslide: Darkslide; storage: ScriptServer; database: MeasuredDatabase };

function compare(many: Figures, small: readonly Figures[]): Measurement {
  const few = (step: (typeof STEPS)[number]) => medianOf(small.map((figures) => figures[step]));
  const rows = STEPS.map((step) => ({
    side: step,
    figure: `${describe(many[step])}; of ${FEW}: ${describe(few(step))}`,
  }));
  // By the clock a busy machine and its disk decide; what the work costs is the CPU's.
  const ratios = STEPS.flatMap((step): Ratio[] => {
    const name = `${step}, ${MANY} / ${FEW} files`;
    return [
      { name: `${name}, CPU`, value: cpuOf(many[step]) / cpuOf(few(step)), atMost: LIMIT },
      { name: `${name}, by the clock`, value: many[step].micros / few(step).micros },
    ];
  });
  const longest = { side: 'longest status call', figure: `${many.longestStatus.toFixed(0)} ms` };
  return { rows: [...rows, longest], ratios };
}

async function measureProject(meter: Meter, files: number): Promise<Figures> {
  const { darkslide, storage } = meter;
  await arrive(storage, 0);
  const project = `/${await newProject(darkslide)}`;
  const links = await figureOf(meter, files, () => askForLinks(meter, project, files));
  const linksAgain = await figureOf(meter, files, () => askForLinks(meter, project, files));

  const half = files / 2;
  await arrive(storage, half);
  let longest = 0;
  const count = await figureOf(meter, half, async () => {
    for (let arrived = -1; arrived < half; ) {
      const start = performance.now();
      const { number_of_images: now } = dataOf<{ number_of_images: number }>(await call(darkslide, project));
      longest = Math.max(longest, performance.now() - start);
      assert.ok(now > arrived, `${now} files after ${arrived}: no progress`);
      arrived = now;
    }
  });
  await arrive(storage, files);
  const list = await figureOf(meter, files, () => listFiles(meter, project, files));
  const listAgain = await figureOf(meter, files, () => listFiles(meter, project, files));

  const status = await figureOf(meter, STATUS_CALLS, async () => {
    for (let round = 0; round < STATUS_CALLS; round += 1) {
      const { number_of_images } = dataOf<{ number_of_images: number }>(await call(darkslide, project));
      assert.equal(number_of_images, files);
    }
  });
  return {
    links,
    'links again': linksAgain,
    'count arrivals': count,
    'list, half of it new': list,
    'list again': listAgain,
    'status call': status,
    longestStatus: longest,
  };
}

async function figureOf({ darkslide, database }: Meter, amount: number, work: () => Promise<unknown>): Promise<Figure> {
  const cpu = async () => ({ server: await cpuSecondsOf(darkslide.pid ?? 0), database: await database.cpuSeconds() });
  const logBefore = await database.logBytes();
  const before = await cpu();
  const start = performance.now();
  await work();
  const micros = ((performance.now() - start) * 1000) / amount;
  const after = await cpu();
  const each = (side: 'server' | 'database') => ((after[side] - before[side]) * 1e6) / amount;
  const log = ((await database.logBytes()) - logBefore) / amount;
  return { micros, server: each('server'), database: each('database'), log };
}

async function askForLinks({ darkslide }: Meter, project: string, files: number): Promise<void> {
  for (let first = 0; first < files; first += NAMES_PER_REQUEST) {
    const count = Math.min(NAMES_PER_REQUEST, files - first);
    const files_list = Array.from({ length: count }, (_, index) => ({ file_name: fileName(first + index) }));
    const { body } = await call(darkslide, `${project}/get_temporary_upload_links`, { files_list });
    assert.ok(body.includes(fileName(first + count - 1)));
  }
}

async function listFiles({ darkslide }: Meter, project: string, files: number): Promise<void> {
  let listed = 0;
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page = dataOf<Page>(await call(darkslide, `${project}/files?limit=${PAGE}${query}`));
    for (const file of page.files) {
      assert.equal(file.file_name, fileName(listed++));
      assert.equal(file.status, 'uploaded');
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  assert.equal(listed, files);
}

type Page = { files: { file_name: string; status: string }[]; next_cursor: string | null };

async function arrive({ url }: ScriptServer, count: number): Promise<void> {
  await fetch(`${url}/arrived/${count}`);
}

function medianOf(figures: readonly Figure[]): Figure {
  const of = (field: keyof Figure) => median(figures.map((figure) => figure[field]));
  return { micros: of('micros'), server: of('server'), database: of('database'), log: of('log') };
}

const cpuOf = ({ server, database }: Figure) => server + database;

const describe = ({ micros, server, database, log }: Figure) =>
  `${micros.toFixed(1)} µs (CPU: server ${server.toFixed(1)}, database ${database.toFixed(1)}; log ${log.toFixed(0)} bytes)`;
