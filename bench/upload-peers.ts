import { comparePeers } from './support/compare-peers.ts';
import { MB } from './support/cost.ts';

export const description =
  '40 files of 30 MB to the embedded store, by our client and by aws s3 cp, rclone copy and s5cmd cp at their defaults';
export const target = 'ahead of each in throughput';

export const run = () => comparePeers({ count: 40, size: 30 * MB, rounds: 3 });
