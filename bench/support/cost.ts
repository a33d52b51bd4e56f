import { median } from './median.ts';

/** What one run of a program cost. */
export type Cost = {
  /** By the clock on the wall. */
  seconds: number;
  /** User and system, over the program and the children it waited for. */
  cpuSeconds: number;
  /** The most memory that was resident at once, of the largest process. Bytes. */
  peakBytes: number;
};

/** The median of each figure by itself. */
function medianCost(costs: readonly Cost[]): Cost {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: median(costs.map(({ peakBytes }) => peakBytes)),
  };
}

/**
 * Runs the sides in turn, so that a busy machine slows all of them, and each round in the reverse order of the one
 * before. Returns each side's medians, and tells each run as it ends.
 */
export async function interleave<Side extends string>(
  sides: Readonly<Record<Side, () => Promise<Cost>>>,
  { rounds }: { rounds: number },
): Promise<Record<Side, Cost>> {
  const names = Object.keys(sides) as Side[];
  const costs = new Map<Side, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const cost = await sides[name]();
      costs.get(name)?.push(cost);
      console.error(`  round ${round + 1} of ${rounds}, ${name}: ${cost.seconds.toFixed(1)} s`);
    }
  }
  return Object.fromEntries(names.map((name) => [name, medianCost(costs.get(name) ?? [])])) as Record<Side, Cost>;
}

/** Megabytes of 10⁶ bytes, here and in all figures. */
export const MB = 1_000_000;

const perSecond = (amount: number, { seconds }: Cost) => amount / seconds;

/** One side's figures, as text. */
export function describeCost(cost: Cost, { files, bytes }: { files: number; bytes: number }): string {
  const speed = `${perSecond(bytes / MB, cost).toFixed(0)} MB/s, ${perSecond(files, cost).toFixed(0)} files/s`;
  const cpu = `${cost.cpuSeconds.toFixed(2)} CPU s (${(cost.cpuSeconds / (bytes / 1e9)).toFixed(2)} a GB)`;
  return `${speed}, ${cpu}, ${(cost.peakBytes / MB).toFixed(0)} MB of memory`;
}
