import type { Darkslide } from '@darkslide/testkit';
import type { Measurement } from '../run.ts';
import { type Cost, describeCost, interleave } from './cost.ts';
import { watchLoad } from './load.ts';
import { measureCommand } from './measure-command.ts';
import { measureDarkslide, measureUpload } from './measure-upload.ts';
import { findPeers } from './peers.ts';
import { makePhotoSet } from './photo-set.ts';

/** Our client and every peer send the same photos to the embedded store; ours has to be ahead of each in time. */
export async function comparePeers({
  count,
  size,
  rounds,
}: {
  count: number;
  size: number;
  rounds: number;
}): Promise<Measurement> {
  const { found, missing } = await findPeers();
  const load = watchLoad();
  await using set = await makePhotoSet({ count, size });
  const sides: Record<string, () => Promise<Cost>> = { darkslide: () => measureDarkslide(set) };
  for (const { name, copy } of found) {
    const upload = ({ s3 }: Darkslide) => measureCommand(copy({ s3, folder: set.folder }));
    sides[name] = () => measureUpload({ side: name, set, upload });
  }
  const { darkslide, ...peers } = await interleave(sides, { rounds });
  if (!darkslide) throw new Error('Our own side was not measured.');
  const describe = (cost: Cost) => describeCost(cost, { files: count, bytes: set.bytes });
  return {
    rows: [
      { side: 'darkslide', figure: describe(darkslide) },
      ...Object.entries(peers).map(([side, cost]) => ({ side, figure: describe(cost) })),
      ...missing.map(({ name, reason }) => ({ side: name, figure: `MISSING: ${reason}` })),
      load(),
    ],
    ratios: Object.entries(peers).map(([name, { seconds }]) => ({
      name: `throughput, darkslide / ${name}`,
      value: seconds / darkslide.seconds,
      atLeast: 1,
    })),
  };
}
