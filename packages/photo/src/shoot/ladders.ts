import { hintsOf, learn } from './habits.ts';
import { compensationOf, evOf, isFramedAlike, isSameEv, modeOf, secondsOf } from './keys.ts';
import type { Taken } from './order.ts';
import type { Found } from './tagged.ts';
import { align, guesses, isWhole, stepOf, type Template } from './templates.ts';

/** Without tags, frames of a set follow each other within this pause, or within one and a half exposures. */
const QUICK_MS = 3000;
/** The longest pause in a set that is made by hand, of a few frames and of many. */
const MAX_IDLE_BY_HAND_MS = 120_000;
const MAX_IDLE_FEW_MS = 45_000;
const MANY = 5;
/** Most of the time, a photographer does not turn a dial faster. */
const MIN_IDLE_BY_HAND_MS = 1500;
/** Three by hand only in whole stops and without much thought between. */
const MAX_IDLE_THREE_MS = 10_000;
const MIN_SPAN_EV = 1.5;
const MIN_SPAN_MANY_EV = 2.5;
/** Smaller steps at even times are a time lapse into dusk. */
const SMALL_STEP_EV = 0.45;
/** Of a ladder of shutter times that the camera makes up for with its ISO. */
const MANY_SHUTTER_TIMES = 6;

/** Sets without tags, of one body's frames that are in none: by the steps of their exposures. */
export function ladders(taken: readonly Taken[], isFree: (one: Taken) => boolean, tagged: readonly Found[]): Found[] {
  const runs = runsOf(taken, isFree);
  const whole = runs.flatMap((run) => setsOfRun(run, []));
  const templates = learn([...tagged, ...whole]);
  return runs.flatMap((run) => setsOfRun(run, templates));
}

/** Frames in a row that could be of one set: framed alike, of one aperture and mode, with short pauses. */
function runsOf(taken: readonly Taken[], isFree: (one: Taken) => boolean): Taken[][] {
  const runs: Taken[][] = [];
  let last: Taken | undefined;
  for (const one of taken) {
    if (!isFree(one) || evOf(one) === undefined) {
      last = undefined;
      continue;
    }
    const goesOn =
      last !== undefined &&
      one.idleMs !== undefined &&
      one.idleMs <= MAX_IDLE_BY_HAND_MS &&
      isFramedAlike(last, one) &&
      last.frame.facts.exposure?.aperture === one.frame.facts.exposure?.aperture &&
      modeOf(last) === modeOf(one);
    if (!goesOn) runs.push([]);
    runs.at(-1)?.push(one);
    last = one;
  }
  return runs;
}

function setsOfRun(run: readonly Taken[], templates: readonly Template[]): Found[] {
  const made = byHand(run);
  const groups = split(run, (one, before) => (one.idleMs ?? 0) > quickLimit(one, before));
  const quick = groups.flatMap((group) => quickSets(group, templates));
  const inQuick = quick.reduce((sum, { frames }) => sum + frames.length, 0);
  const isByHand = made.some(({ frames }) => frames.length >= MANY) && inQuick < run.length;
  return quick.length > 0 && !isByHand ? quick : made;
}

function quickLimit(one: Taken, before: Taken): number {
  const resolution = one.frame.facts.time?.resolutionMs ?? 1000;
  return Math.max(QUICK_MS, secondsOf(before) * 1500) + (resolution >= 1000 ? 500 : 0);
}

function split(run: readonly Taken[], begins: (one: Taken, before: Taken) => boolean): Taken[][] {
  const parts: Taken[][] = [];
  for (const [index, one] of run.entries()) {
    if (index === 0 || begins(one, run[index - 1] as Taken)) parts.push([]);
    parts.at(-1)?.push(one);
  }
  return parts;
}

const evs = (frames: readonly Taken[]) => frames.map((one) => evOf(one) as number);

/** Whether the photographer, not the camera's meter, changed the exposure. */
function isMeant(frames: readonly Taken[]): boolean {
  return frames.every((one) => modeOf(one) === 1) || new Set(frames.map(compensationOf)).size > 2;
}

/** Long sets stand out, whatever is before and after them. */
function quickSets(group: readonly Taken[], templates: readonly Template[]): Found[] {
  const found: Found[] = [];
  let from = 0;
  for (let at = 0; at < group.length; at += 1) {
    const length = LONG.find((one) => isLongSet(group.slice(at, at + one), one));
    if (length === undefined) continue;
    found.push(...shortSets(group.slice(from, at), templates), quickSet(group.slice(at, at + length), false));
    at += length - 1;
    from = at + 1;
  }
  return [...found, ...shortSets(group.slice(from), templates)];
}

/** Frames of sets that are looked for first. */
const LONG = [9, 7, 5] as const;

/** A whole set, in steps that no meter makes by itself. */
function isLongSet(part: readonly Taken[], length: number): boolean {
  if (part.length < length) return false;
  const values = evs(part);
  const isClear = stepOf(values) >= 0.6 || (isMeant(part) && startsInTheMiddle(values));
  return isClear && isWhole(values) && (isMeant(part) || isVeryQuick(part));
}

/** A new set begins where an exposure comes again. */
function shortSets(group: readonly Taken[], templates: readonly Template[]): Found[] {
  if (group.length === 0) return [];
  const parts: Taken[][] = [[]];
  for (const one of group) {
    if (parts.at(-1)?.some((other) => isSameEv(evOf(other), evOf(one)))) parts.push([]);
    parts.at(-1)?.push(one);
  }
  // What the meter does by itself may look like a set of three once, but hardly fills all of a quick series.
  const all = parts.every(isEven);
  return parts.flatMap((part): Found[] => {
    const isSure = all || part.length >= 5 || startsInTheMiddle(evs(part)) || isApart(part, group);
    if (isEven(part) && isSure && (isMeant(part) || ((part.length >= 5 || all) && isVeryQuick(part)))) {
      return [quickSet(part, false)];
    }
    return isRemnant(part, templates) ? [quickSet(part, true)] : [];
  });
}

/**
 * Even steps as a bracket has them. Three that only rise or fall, by less than two thirds of a stop, may be a dial that
 * is turned, or dusk.
 */
function isEven(part: readonly Taken[]): boolean {
  const values = evs(part);
  const isSlope = part.length === 3 && !startsInTheMiddle(values);
  return (
    isWhole(values, { least: isMeant(part) && !isSlope ? 0.25 : 0.6 }) &&
    (part.length > 3 || !isSlope || stepOf(values) >= 0.6)
  );
}

function startsInTheMiddle(values: readonly number[]): boolean {
  return values[0] === values.toSorted((a, b) => a - b)[(values.length - 1) / 2];
}

/** Whether the pauses around are much longer than those inside. */
function isApart(part: readonly Taken[], group: readonly Taken[]): boolean {
  const inside = Math.max(...part.slice(1).map(({ idleMs }) => idleMs ?? 0));
  const limit = Math.max(1500, inside * 3);
  const [first, next] = [group.indexOf(part[0] as Taken), group[group.indexOf(part.at(-1) as Taken) + 1]];
  return (
    (first === 0 || (part[0]?.idleMs ?? limit) >= limit) && (next === undefined || (next.idleMs ?? limit) >= limit)
  );
}

const quickSet = (frames: Taken[], isRest: boolean): Found => ({
  kind: 'exposure',
  tier: isRest ? 'D' : 'C',
  frames,
  confidence: isRest ? 0.6 : isMeant(frames) ? 0.85 : 0.7,
  why: isRest
    ? [`${frames.length} exposures in quick succession that fit the shoot's other sets`]
    : [`${frames.length} exposures in even steps, in quick succession`],
});

/** What is left of a set: in very quick succession, on purpose, and as the shoot's other sets are. */
function isRemnant(part: readonly Taken[], templates: readonly Template[]): boolean {
  if (part.length < 2 || !isVeryQuick(part)) return false;
  const values = evs(part);
  const hints = hintsOf(part, { before: undefined, after: undefined, near: [] });
  const known = templates.map(({ values: template }) => template);
  const usual = part.length >= 4 ? [5, 7].flatMap((length) => guesses(values, length)) : [];
  const fits = [...known, ...usual].some((one) => one.length > part.length && align(one, values, hints) !== undefined);
  const changes = new Set(part.map(compensationOf)).size === part.length || part.every((one) => modeOf(one) === 1);
  return fits && (changes || part.length >= 4);
}

const VERY_QUICK_MS = 1600;
const isVeryQuick = (frames: readonly Taken[]) => frames.slice(1).every(({ idleMs }) => (idleMs ?? 0) <= VERY_QUICK_MS);

/** Slow ladders in manual mode, or by compensation. Begins again where the first exposure comes again. */
function byHand(run: readonly Taken[]): Found[] {
  const first = evOf(run[0] as Taken);
  const parts = split(run, (one) => isSameEv(evOf(one), first));
  const found = parts.filter((part) => isLadder(part));
  if (found.length < parts.length) return [];
  return found.map((frames) => ({
    kind: 'exposure',
    tier: 'C',
    frames,
    confidence: 0.65,
    byHand: true,
    why: [`${frames.length} exposures that were set one after the other by hand`],
  }));
}

function isLadder(part: readonly Taken[]): boolean {
  if (part.length < 3) return false;
  if (!isMeant(part)) return isShutterLadder(part);
  const values = evs(part);
  const { steps, span, median } = stepsOf(values);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  if (low < 0.2 || span < MIN_SPAN_EV) return false;
  const longest = Math.max(...part.slice(1).map(({ idleMs }) => idleMs ?? 0));
  if (part.length >= MANY && span >= MIN_SPAN_MANY_EV) {
    const pauses = part.slice(1).map(({ idleMs }) => idleMs ?? 0);
    if ((pauses.toSorted((a, b) => a - b)[pauses.length >> 1] as number) < MIN_IDLE_BY_HAND_MS) return false;
    return turnsOf(values) <= (part.length >= 8 ? 2 : 1) && !(median < SMALL_STEP_EV && isEvenlyTimed(part));
  }
  if (part.length === 3) {
    return longest <= MAX_IDLE_THREE_MS && low >= 0.9 && high - low <= 0.2 && turnsOf(values) === 0;
  }
  return longest <= MAX_IDLE_FEW_MS && high <= median * 2.3 && turnsOf(values) <= 1 && median >= SMALL_STEP_EV;
}

/** From dark to bright. */
function stepsOf(values: readonly number[]): { steps: number[]; span: number; median: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((value, index) => value - (sorted[index] as number));
  const median = steps.toSorted((a, b) => a - b)[steps.length >> 1] as number;
  return { steps, span: (sorted.at(-1) as number) - (sorted[0] as number), median };
}

/** Phones call it automatic when only the shutter time is set by hand: it goes on stop by stop. */
function isShutterLadder(part: readonly Taken[]): boolean {
  if (part.length < MANY_SHUTTER_TIMES) return false;
  const times = part.map((one) => Math.log2(secondsOf(one)));
  if (turnsOf(times) > 0) return false;
  const steps = times.slice(1).map((time, index) => Math.abs(time - (times[index] as number)));
  return Math.min(...steps) > 0.8 && steps.filter((step) => step < 1.25).length >= steps.length * 0.7;
}

/** How often exposures change their direction, apart from one jump back to the base. */
function turnsOf(values: readonly number[]): number {
  const signs = values.slice(1).map((value, index) => Math.sign(value - (values[index] as number)));
  let turns = 0;
  for (let index = 1; index < signs.length; index += 1) if (signs[index] !== signs[index - 1]) turns += 1;
  return turns;
}

function isEvenlyTimed(part: readonly Taken[]): boolean {
  const pauses = part.slice(1).map(({ idleMs }) => idleMs ?? 0);
  return Math.max(...pauses) - Math.min(...pauses) <= 1500;
}
