import { comparePeers } from './support/compare-peers.ts';

export const description =
  '5,000 files of 200 KB to the embedded store, by our client and by aws s3 cp, rclone copy and s5cmd cp at their defaults';
export const target = 'ahead of each in files per second';

export const run = () => comparePeers({ count: 5000, size: 200_000, rounds: 3 });
