import type { Measurement } from './run.ts';
import { type Cost, describeCost, interleave, MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { measureDarkslide } from './support/measure-upload.ts';
import { makePhotoSet } from './support/photo-set.ts';

export const description = '20,000 files of 4 KB to the embedded store, and 2,000 of them';
export const target = 'at most 250 MB of memory, and the time for a file at most 1.2 times that among 2,000';

const MANY = 20_000;
const FEW = 2_000;
const SIZE = 4096;
const ROUNDS = 3;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using manySet = await makePhotoSet({ count: MANY, size: SIZE });
  await using fewSet = await makePhotoSet({ count: FEW, size: SIZE });
  const { many, few } = await interleave(
    { many: () => measureDarkslide(manySet), few: () => measureDarkslide(fewSet) },
    { rounds: ROUNDS },
  );
  const figure = (cost: Cost, files: number) => describeCost(cost, { files, bytes: files * SIZE });
  return {
    rows: [
      { side: '20,000 files', figure: figure(many, MANY) },
      { side: '2,000 files', figure: figure(few, FEW) },
      load(),
    ],
    ratios: [
      { name: 'peak memory among 20,000, MB', value: many.peakBytes / MB, atMost: 250 },
      { name: 'time for a file, 20,000 / 2,000', value: many.seconds / MANY / (few.seconds / FEW), atMost: 1.2 },
    ],
  };
}
