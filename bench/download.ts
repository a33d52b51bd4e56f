import type { Measurement } from './run.ts';
import { describeCost, MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { measureDownloads } from './support/measure-downloads.ts';
import { findPeers } from './support/peers.ts';

export const description =
  '40 files of 30 MB and 2,000 of 200 KB from the embedded store, by our client and by aws s3 cp, rclone copy and s5cmd cp at their defaults';
export const target = 'ahead of each in throughput';

const SHOOTS = [
  { count: 40, size: 30 * MB },
  { count: 2000, size: 0.2 * MB },
];
const ROUNDS = 3;

export async function run(): Promise<Measurement> {
  const { found, missing } = await findPeers();
  const load = watchLoad();
  const measurement: Measurement = { rows: [], ratios: [] };
  for (const { count, size } of SHOOTS) {
    const { costs, bytes } = await measureDownloads({ count, size, rounds: ROUNDS, peers: found });
    const { darkslide, ...peers } = costs;
    if (!darkslide) throw new Error('Our own side was not measured.');
    for (const [side, cost] of Object.entries(costs)) {
      measurement.rows.push({ side: `${count} files, ${side}`, figure: describeCost(cost, { files: count, bytes }) });
    }
    for (const [name, { seconds }] of Object.entries(peers)) {
      const ratio = `throughput of ${count} files, darkslide / ${name}`;
      measurement.ratios.push({ name: ratio, value: seconds / darkslide.seconds, atLeast: 1 });
    }
  }
  measurement.rows.push(...missing.map(({ name, reason }) => ({ side: name, figure: `MISSING: ${reason}` })), load());
  return measurement;
}
