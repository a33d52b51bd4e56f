import { randomBytes } from 'node:crypto';
import { Darkslide, startPostgres } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { newProject } from './support/api-call.ts';
import { cpuSecondsOf, cpuSecondsOfFamily } from './support/cpu-seconds.ts';
import { watchLoad } from './support/load.ts';
import { percentile } from './support/median.ts';
import { type LoadResult, loadWith } from './support/request-load.ts';
import { startScript } from './support/script.ts';

export const description =
  'requests for upload links, 32 connections at once, to 1, 2 and 3 nodes on one PostgreSQL and to one node on SQLite; ' +
  'the load comes from this process, without a proxy';
export const target =
  'none: with nodes, database and load on the same cores, the CPU of each tells what more machines would give';

const CONNECTIONS = 32;
const MILLISECONDS = 3000;
/** The first, which warms up, does not count. */
const ROUNDS = 3;

const SHAPES = [
  { shape: '1 name', names: 1, projects: CONNECTIONS },
  { shape: '1 name, all in one project', names: 1, projects: 1 },
  { shape: '500 names', names: 500, projects: CONNECTIONS },
] as const;
type Shape = (typeof SHAPES)[number];

/** The servers of one side; `database` is the process that serves theirs, where it is not their own. */
type Side = { name: string; nodes: readonly Darkslide[]; database: number | undefined; projects: readonly string[] };
type Cost = LoadResult & { nodesCpu: number; databaseCpu: number };

const apiKey = `bench-${randomBytes(24).toString('hex')}`;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using storage = await startScript('listing-server.ts');
  const postgres = await startPostgres({ durable: true });
  const started: Darkslide[] = [];
  try {
    const start = async (databaseUrl: string | undefined) => {
      const node = await startNode({ storage: storage.url, databaseUrl });
      started.push(node);
      return node;
    };
    const alone = await start(undefined);
    const nodes = [await start(postgres.url), await start(postgres.url), await start(postgres.url)] as const;
    const sides: Side[] = [await sideOf('SQLite, 1 node', [alone], undefined)];
    for (const count of [1, 2, 3]) {
      sides.push(await sideOf(`PostgreSQL, ${count} node${count > 1 ? 's' : ''}`, nodes.slice(0, count), postgres.pid));
    }
    const { rows, ratios } = await measure(sides);
    return { rows: [...rows, load()], ratios };
  } finally {
    for (const node of started) await node.remove();
    await postgres.remove();
  }
}

function startNode({ storage, databaseUrl }: { storage: string; databaseUrl: string | undefined }): Promise<Darkslide> {
  return Darkslide.start({
    env: {
      DATABASE_URL: databaseUrl,
      DARKSLIDE_API_KEY: apiKey,
      DARKSLIDE_S3_ENDPOINT: storage,
      DARKSLIDE_S3_BUCKET: 'photos',
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: 'BENCH',
      AWS_SECRET_ACCESS_KEY: 'bench-secret',
      // The harness keeps what is logged, which would cost this process more than the load does.
      DARKSLIDE_LOG_LEVEL: 'warn',
      // Nothing arrives here.
      DARKSLIDE_MAX_PENDING_FILES: '1000000000',
    },
  });
}

async function sideOf(name: string, nodes: readonly Darkslide[], database: number | undefined): Promise<Side> {
  const apiUrl = nodes[0]?.apiUrl ?? '';
  const projects: string[] = [];
  for (let count = 0; count < CONNECTIONS; count += 1) projects.push(await newProject({ apiUrl, apiKey }));
  return { name, nodes, database, projects };
}

/** Every side once in each round, in turn, so that a busy machine slows all of them. */
async function measure(sides: readonly Side[]): Promise<Measurement> {
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const shape of SHAPES) {
      for (const side of sides) {
        const cost = await measureOnce(side, shape, round);
        if (round === 0) continue;
        const name = nameOf(side, shape);
        costs.set(name, [...(costs.get(name) ?? []), cost]);
      }
    }
  }
  const figures = new Map([...costs].map(([name, rounds]) => [name, sum(rounds)]));
  const rate = (side: Side | undefined, shape: Shape) => {
    const cost = side && figures.get(nameOf(side, shape));
    return cost === undefined ? Number.NaN : cost.latencies.length / cost.seconds;
  };
  const [sqlite, one, , three] = sides;
  return {
    rows: [...figures].map(([side, cost]) => ({ side, figure: describe(cost) })),
    ratios: SHAPES.flatMap((shape) => [
      { name: `${shape.shape}: PostgreSQL, 1 node / SQLite, 1 node`, value: rate(one, shape) / rate(sqlite, shape) },
      { name: `${shape.shape}: PostgreSQL, 3 nodes / 1 node`, value: rate(three, shape) / rate(one, shape) },
    ]),
  };
}

const nameOf = ({ name }: Side, { shape }: Shape) => `${name}, ${shape}`;

let asked = 0;

async function measureOnce(side: Side, { names, projects }: Shape, round: number): Promise<Cost> {
  const cpu = async () => ({
    nodes: (await Promise.all(side.nodes.map(({ pid = 0 }) => cpuSecondsOf(pid)))).reduce(
      (total, node) => total + node,
    ),
    database: side.database === undefined ? 0 : await cpuSecondsOfFamily(side.database),
  });
  const before = await cpu();
  const result = await loadWith({
    urls: side.nodes.map(({ apiUrl }) => apiUrl),
    connections: CONNECTIONS,
    milliseconds: MILLISECONDS,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    next: (connection) => ({
      path: `/v1/i2i/projects/${side.projects[connection % projects]}/get_temporary_upload_links`,
      body: bodyOf(names, round),
    }),
  });
  const after = await cpu();
  return { ...result, nodesCpu: after.nodes - before.nodes, databaseCpu: after.database - before.database };
}

/** Names that were not asked for before. */
function bodyOf(names: number, round: number): string {
  const first = asked;
  asked += names;
  const entries = Array.from({ length: names }, (_, index) => `{"file_name":"R${round}_${first + index}.NEF"}`);
  return `{"files_list":[${entries.join(',')}]}`;
}

const sum = (costs: readonly Cost[]): Cost => ({
  seconds: costs.reduce((total, { seconds }) => total + seconds, 0),
  latencies: costs.flatMap(({ latencies }) => latencies),
  cpuSeconds: costs.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0),
  nodesCpu: costs.reduce((total, { nodesCpu }) => total + nodesCpu, 0),
  databaseCpu: costs.reduce((total, { databaseCpu }) => total + databaseCpu, 0),
});

function describe({ seconds, latencies, cpuSeconds, nodesCpu, databaseCpu }: Cost): string {
  const each = (cpu: number) => `${((cpu * 1000) / latencies.length).toFixed(2)}`;
  const wait = `p50 ${percentile(latencies, 50).toFixed(1)} ms, p99 ${percentile(latencies, 99).toFixed(1)} ms`;
  const cpu = `CPU ms a request: nodes ${each(nodesCpu)}, database ${each(databaseCpu)}, load ${each(cpuSeconds)}`;
  const busy = `${((nodesCpu + databaseCpu + cpuSeconds) / seconds).toFixed(2)} cores busy`;
  return `${(latencies.length / seconds).toFixed(0)} requests/s, ${wait}; ${cpu}; ${busy}`;
}
