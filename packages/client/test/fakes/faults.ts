import type { Fault, Target } from './fake-cloud.ts';
import { MIB, photo, photos } from './harness.ts';

/** The fault for the first `times` requests that it may strike. */
export function first(
  times: number,
  strikes: (target: Target) => boolean,
  fault: Fault,
): (target: Target) => Fault | undefined {
  let left = times;
  return (target) => {
    if (left === 0 || !strikes(target)) return undefined;
    left -= 1;
    return fault;
  };
}

/** A small shoot: five files that go up in one piece, and one in two parts. */
export const shoot = () => [...photos(5, 300_000), photo('large.NEF', 17 * MIB)];
