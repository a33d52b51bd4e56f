import { hintsOf } from './habits.ts';
import {
  compensationOf,
  compensationTells,
  evOf,
  isFramedAlike,
  isSameEv,
  lengthOf,
  positionOf,
  valuesOf,
} from './keys.ts';
import type { Taken } from './order.ts';
import type { Found } from './tagged.ts';
import { align, guesses, isWhole, relative, type Template } from './templates.ts';

/**
 * Where sets follow each other without a gap, and frames are missing, the first repeated exposure is not always the
 * first frame of a set. The shoot's habits tell better: of all ways to cut such a chain, the one is taken that explains
 * most.
 */
export function cutChains(
  sets: readonly Found[],
  templates: readonly Template[],
  index: ReadonlyMap<Taken, number>,
): Found[] {
  const pause = usualPause(sets);
  return chainsOf(sets, index).flatMap((chain) => {
    const [only] = chain as [Found];
    if (chain.length === 1 && (isPlain(only, pause) || !isFree(only))) return chain;
    const [head] = chain as [Found];
    const frames = chain.flatMap((set) => set.frames);
    const cuts = bestCuts(frames, templates, pause);
    const before = chain.map((set) => set.frames.length).join();
    if (cuts.map((part) => part.length).join() === before) return chain;
    return cuts.map((part) => ({ ...head, frames: part, why: [...head.why, 'cut as the shoot’s other sets are'] }));
  });
}

/** Whole by itself, without holes and long pauses. */
const isPlain = ({ frames }: Found, pause: number) =>
  isWhole(relative(valuesOf(frames))) &&
  frames.slice(1).every(({ step }) => (step ?? 1) === 1) &&
  pausesIn(frames, pause) === 0;

const MAX_IDLE_MS = 10_000;

/** No position says where a frame belongs. */
const isFree = ({ kind, byHand, frames }: Found) =>
  kind === 'exposure' &&
  !byHand &&
  frames.every((one) => positionOf(one) === undefined && !one.frame.facts.drive?.setId);

/** Exposure sets one right after the other, whose frames have no positions. */
function chainsOf(sets: readonly Found[], index: ReadonlyMap<Taken, number>): Found[][] {
  const chains: Found[][] = [];
  for (const set of sets) {
    const chain = chains.at(-1);
    if (chain && goesOn(chain.at(-1) as Found, set, index)) chain.push(set);
    else chains.push([set]);
  }
  return chains;
}

function goesOn(before: Found, set: Found, index: ReadonlyMap<Taken, number>): boolean {
  const [last, one] = [before.frames.at(-1) as Taken, set.frames[0] as Taken];
  return (
    isFree(before) &&
    isFree(set) &&
    before.tier === set.tier &&
    lengthOf(last) === lengthOf(one) &&
    (index.get(last) ?? 0) + 1 === index.get(one) &&
    isFramedAlike(last, one) &&
    (one.idleMs ?? 0) <= MAX_IDLE_MS
  );
}

/** Frames of the longest set that is looked for. */
const MAX_FRAMES = 9;
const MAX_TEMPLATES = 8;

/** The cheapest way to cut, from the end of the chain backwards. */
function bestCuts(frames: readonly Taken[], templates: readonly Template[], pause: number): Taken[][] {
  const usual = templates.slice(0, MAX_TEMPLATES);
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= frames.length; end += 1) {
    let found = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
    for (let from = Math.max(0, end - MAX_FRAMES); from < end; from += 1) {
      const cost = (best[from]?.cost ?? 0) + costOf(frames.slice(from, end), frames[end], usual, pause);
      if (cost < found.cost - 1e-9) found = { cost, from };
    }
    best.push(found);
  }
  const cuts: Taken[][] = [];
  for (let end = frames.length; end > 0; end = best[end]?.from ?? 0) {
    cuts.unshift(frames.slice(best[end]?.from ?? 0, end));
  }
  return cuts;
}

/** Between frames of one set, in milliseconds. */
function usualPause(sets: readonly Found[]): number {
  const pauses = sets.flatMap(({ frames }) => frames.slice(1).map(({ idleMs }) => idleMs ?? 0));
  return pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length * 0.4)] ?? 0;
}

/** How much of a set there is to explain: missing frames, long pauses inside, an unusual order. */
function costOf(
  part: readonly Taken[],
  after: Taken | undefined,
  templates: readonly Template[],
  pause: number,
): number {
  const repeated = part.some((one, at) => part.slice(at + 1).some((other) => isSameEv(evOf(one), evOf(other))));
  const values = valuesOf(part);
  if (repeated && new Set(values).size < part.length) return Number.POSITIVE_INFINITY;
  let cost = isWhole(relative(values)) ? 0.8 : 1.2 + 0.4 * part.length;
  const hints = hintsOf(part, { before: undefined, after, near: [] });
  for (const { values: template, support } of templates) {
    const found = align(template, values, hints);
    if (found) cost = Math.min(cost, 0.1 + 0.3 * (template.length - part.length) + 0.5 * found.penalty + 0.3 / support);
  }
  for (const length of lengthsFor(part)) {
    for (const template of part.length > 2 ? guesses(values, length) : []) {
      const found = align(template, values, hints);
      if (found) cost = Math.min(cost, 0.7 + 0.3 * (length - part.length) + 0.5 * found.penalty);
    }
  }
  return cost + pausesIn(part, pause) + basesIn(part) + (isAtOnce(part[0] as Taken, pause) ? 0.4 : 0);
}

/** The base exposure is metered once a set: brightness without the compensation stays the same. */
function basesIn(part: readonly Taken[]): number {
  if (!compensationTells(part)) return 0;
  const bases = part.map((one) => (evOf(one) ?? 0) - (compensationOf(one) ?? 0));
  return Math.max(...bases) - Math.min(...bases) > 0.4 ? 0.8 : 0;
}

/** As long as the tags say, else the next lengths that cameras have. */
function lengthsFor(part: readonly Taken[]): number[] {
  const length = lengthOf(part[0] as Taken);
  if (length !== undefined) return [length];
  return [3, 5, 7, 9].filter((one) => one > part.length && one <= part.length + 3);
}

/** A set hardly begins as soon after the one before as its own frames follow each other. */
const isAtOnce = ({ idleMs, frame }: Taken, pause: number) =>
  idleMs !== undefined && (frame.facts.time?.resolutionMs ?? 1000) < 1000 && idleMs < pause * 2;

/** Frames of a set follow each other as fast as the camera can: a pause that is much longer than usual is its end. */
function pausesIn(part: readonly Taken[], pause: number): number {
  return part.slice(1).reduce((sum, { idleMs = 0, frame }) => {
    const inexact = frame.facts.time?.resolutionMs ?? 1000;
    if (idleMs > Math.max(2500, pause * 8) + inexact) return sum + 3;
    return idleMs > Math.max(1200, pause * 3) + inexact ? sum + 0.4 : sum;
  }, 0);
}
