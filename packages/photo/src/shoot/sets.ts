import { bursts } from './bursts.ts';
import { cutChains } from './chains.ts';
import { type Completeness, completenessOf, learn, learnEven } from './habits.ts';
import { bracketOf, evOf, isFramedAlike, lengthOf, positionOf } from './keys.ts';
import { ladders } from './ladders.ts';
import type { Taken } from './order.ts';
import { type Found, taggedSets } from './tagged.ts';
import { isSameTemplate, relative } from './templates.ts';

export type Judged = Found & Completeness & { continues?: Judged };

/** The sets of one body, from its frames in the order of capture. */
export function setsOf(taken: readonly Taken[]): Judged[] {
  const counted = fromOne(taken);
  const tagged = taggedSets(counted);
  const inTagged = new Set(tagged.flatMap(({ frames }) => frames));
  const found = [...tagged, ...ladders(counted, (one) => !inTagged.has(one) && !bracketOf(one), tagged)];
  const inSet = new Set(found.flatMap(({ frames }) => frames));
  found.push(...bursts(counted, (one) => !inSet.has(one)));
  const templates = learn(found);
  const index = new Map(counted.map((one, at) => [one, at]));
  const cut = cutChains(found, templates, index);
  const at = ({ frames }: Found) => index.get(frames[0] as Taken) ?? 0;
  const again = [...learn(cut), ...learnEven(cut)];
  const inOrder = cut.toSorted((a, b) => at(a) - at(b));
  const judged: Judged[] = inOrder.map((set, position) => {
    const [begin, end] = [at(set), index.get(set.frames.at(-1) as Taken) ?? 0];
    const near = [inOrder[position - 1], inOrder[position + 1]].filter((one) => one !== undefined);
    return { ...set, ...completenessOf(set, again, { before: counted[begin - 1], after: counted[end + 1], near }) };
  });
  for (const [position, set] of judged.entries()) {
    const before = judged[position - 1];
    if (before && isRetake(before, set, at(set))) set.continues = before;
  }
  return judged;

  function isRetake(before: Judged, set: Judged, begin: number): boolean {
    const last = before.frames.at(-1) as Taken;
    return index.get(last) === begin - 1 && isAgain(before, set);
  }
}

/** Some bodies count a set's frames from 2: a position above the length shows it. */
function fromOne(taken: readonly Taken[]): Taken[] {
  const beyond = taken.some((one) => (positionOf(one) ?? 0) > (lengthOf(one) ?? Number.POSITIVE_INFINITY));
  if (!beyond) return [...taken];
  return taken.map((one) => {
    const { drive } = one.frame.facts;
    if (drive?.position === undefined || drive.length === undefined) return one;
    const facts = { ...one.frame.facts, drive: { ...drive, position: drive.position - 1 } };
    return { ...one, frame: { ...one.frame, facts } };
  });
}

const MAX_RETAKE_IDLE_MS = 60_000;

/** The same frames once more, soon after: of the same base, or of a shifted one. */
function isAgain(before: Judged, set: Judged): boolean {
  if (before.kind !== set.kind || before.frames.length !== set.frames.length) return false;
  const head = set.frames[0] as Taken;
  if ((head.idleMs ?? MAX_RETAKE_IDLE_MS) >= MAX_RETAKE_IDLE_MS || !isFramedAlike(before.frames[0] as Taken, head)) {
    return false;
  }
  if (set.kind !== 'exposure') return false;
  const values = (frames: readonly Taken[]) => relative(frames.map((one) => evOf(one) ?? 0));
  return isSameTemplate(values(before.frames), values(set.frames));
}
