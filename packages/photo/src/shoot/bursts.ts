import { evOf, isFramedAlike } from './keys.ts';
import type { Taken } from './order.ts';
import type { Found } from './tagged.ts';

const MAX_IDLE_MS = 1000;
const MIN_FRAMES = 3;
/** The meter may follow the subject during a burst. */
const MAX_DRIFT_EV = 0.7;

/** Frames in quick succession that the camera took in continuous drive. */
export function bursts(taken: readonly Taken[], isFree: (one: Taken) => boolean): Found[] {
  const found: Taken[][] = [];
  let last: Taken | undefined;
  for (const one of taken) {
    if (!isFree(one) || one.frame.facts.drive?.kind !== 'burst') {
      last = undefined;
      continue;
    }
    const drift = Math.abs((evOf(one) ?? 0) - ((last && evOf(last)) ?? 0));
    const id = one.frame.facts.drive.setId;
    const isOne =
      last && id !== undefined ? id === last.frame.facts.drive?.setId : (one.idleMs ?? MAX_IDLE_MS + 1) <= MAX_IDLE_MS;
    if (!last || !isOne || drift > MAX_DRIFT_EV || !isFramedAlike(last, one)) found.push([]);
    found.at(-1)?.push(one);
    last = one;
  }
  return found
    .filter((frames) => frames.length >= MIN_FRAMES)
    .map((frames) => ({
      kind: 'burst',
      tier: 'A',
      frames,
      confidence: 0.9,
      why: ['continuous drive, in quick succession'],
    }));
}
