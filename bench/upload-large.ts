import assert from 'node:assert/strict';
import { temporaryFolder } from '@darkslide/testkit';
import type { Measurement, Ratio } from './run.ts';
import { type Cost, describeCost, interleave, MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { type Command, measureCommand } from './support/measure-command.ts';
import { measureDarkslide, measureUpload } from './support/measure-upload.ts';
import { makePhotoSet, type PhotoSet } from './support/photo-set.ts';
import { startSink } from './support/sink.ts';
import { readSummary } from './support/summary.ts';
import { darkslideUpload, vendorUpload } from './support/upload-commands.ts';

export const description =
  '40 files of 30 MB to a sink that keeps nothing, and to the embedded store, ' +
  "by our client and in the way of the vendor's Node SDK (file read whole, fetch, 5 at a time)";
export const target = '2 times the throughput on the sink, 1.1 times on the store, a quarter of the memory, less CPU';

const COUNT = 40;
const SIZE = 30 * MB;
const ROUNDS = 5;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using set = await makePhotoSet({ count: COUNT, size: SIZE });
  const sink = await measureOnSink(set);
  const store = await interleave(
    {
      ours: () => measureDarkslide(set),
      vendor: () =>
        measureUpload({
          side: 'vendor',
          set,
          upload: ({ apiUrl, apiKey }) =>
            measureCommand(vendorUpload({ apiUrl, apiKey, folder: set.folder, project: 'bench' })),
        }),
    },
    { rounds: ROUNDS },
  );
  const row = (side: string, cost: Cost) => ({ side, figure: describeCost(cost, { files: COUNT, bytes: set.bytes }) });
  return {
    rows: [
      row('ours, sink', sink.ours),
      row('vendor, sink', sink.vendor),
      { side: 'the sink itself', figure: `${sink.sinkCpuSeconds.toFixed(2)} CPU s an upload` },
      row('ours, store', store.ours),
      row('vendor, store', store.vendor),
      load(),
    ],
    ratios: [...ratios('sink', sink, { throughput: 2 }), ...ratios('store', store, { throughput: 1.1 })],
  };
}

function ratios(
  where: string,
  { ours, vendor }: Record<'ours' | 'vendor', Cost>,
  least: { throughput: number },
): Ratio[] {
  return [
    {
      name: `throughput on the ${where}, ours / vendor`,
      value: vendor.seconds / ours.seconds,
      atLeast: least.throughput,
    },
    { name: `peak memory on the ${where}, ours / vendor`, value: ours.peakBytes / vendor.peakBytes, atMost: 0.25 },
    { name: `CPU seconds on the ${where}, ours / vendor`, value: ours.cpuSeconds / vendor.cpuSeconds, atMost: 1 },
  ];
}

async function measureOnSink(set: PhotoSet) {
  await using sink = await startSink(set);
  const upload = { apiUrl: sink.apiUrl, apiKey: 'sink', folder: set.folder, project: 'bench' };
  const send = async (command: Command) => {
    await set.warm();
    const cost = await measureCommand(command);
    assert.equal(readSummary(cost.stdout).successful, COUNT);
    return cost;
  };
  const before = await sink.cpuSeconds();
  const costs = await interleave(
    {
      async ours() {
        await using state = await temporaryFolder('darkslide-bench-state');
        return await send(darkslideUpload({ ...upload, state: state.path }));
      },
      vendor: () => send(vendorUpload(upload)),
    },
    { rounds: ROUNDS },
  );
  const sinkCpuSeconds = ((await sink.cpuSeconds()) - before) / (2 * ROUNDS);
  return { ...costs, sinkCpuSeconds };
}
