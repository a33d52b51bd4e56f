import { compensationOf, evOf, isSameEv, lengthOf, modeOf, positionOf, valuesOf } from './keys.ts';
import type { Taken } from './order.ts';
import type { PhotoSet } from './shoot.ts';
import type { Found } from './tagged.ts';
import { align, guesses, type Hints, isSameTemplate, isWhole, relative, type Template } from './templates.ts';

/** What a shoot's sets have in common, for each body: how many frames, in which order, in which steps. */
export function learn(sets: readonly Found[]): Template[] {
  return collect(sets, isWhole);
}

/**
 * Some cameras take sets of two or four. Nothing tells them from unfinished ones, but that all sets are so, and no number
 * is missing.
 */
export function learnEven(sets: readonly Found[]): Template[] {
  const exposures = sets.filter(({ kind }) => kind === 'exposure');
  if (exposures.some(({ frames }) => frames.some(({ step }) => step !== undefined && step > 1))) return [];
  const even = collect(exposures, (values) => values.length % 2 === 0);
  return even.length === 1 && even[0]?.support === exposures.length && exposures.length > 1 ? even : [];
}

function collect(sets: readonly Found[], isWanted: (values: readonly number[]) => boolean): Template[] {
  const templates: { values: number[]; support: number }[] = [];
  for (const { kind, frames } of sets) {
    const hasHole = frames.slice(1).some(({ step }) => step !== undefined && step !== 1);
    if (kind !== 'exposure' || frames.length < 2 || hasHole) continue;
    const length = lengthOf(frames[0] as Taken);
    const values = relative(valuesOf(frames));
    if (!isWanted(values) || (length !== undefined && length !== frames.length)) continue;
    const known = templates.find((template) => isSameTemplate(template.values, values));
    if (known) known.support += 1;
    else templates.push({ values, support: 1 });
  }
  return templates.sort((a, b) => b.support - a.support || a.values.length - b.values.length);
}

export type Place = {
  /** The frame before and the one after the set, of the same body. */
  before: Taken | undefined;
  after: Taken | undefined;
  /** The sets before and after it. */
  near: readonly Found[];
};

export function hintsOf(frames: readonly Taken[], { after }: Place): Hints {
  const [head] = frames as [Taken];
  const compensations = frames.map(compensationOf);
  const offsets = frames.map(({ frame }) => frame.facts.drive?.offset);
  const tells = (list: readonly (number | undefined)[]) => !list.includes(undefined) && new Set(list).size > 1;
  const bracketed = frames.every((one) => modeOf(one) === 2);
  const absolute = tells(offsets) ? offsets : bracketed && tells(compensations) ? compensations : undefined;
  return {
    steps: frames.map(({ step }, index) => (index === 0 ? undefined : step)),
    before: head.step === undefined ? undefined : Math.max(0, head.step - 1),
    after: after?.step === undefined ? undefined : Math.max(0, after.step - 1),
    absolute: absolute as number[] | undefined,
  };
}

export type Completeness = Pick<PhotoSet, 'complete' | 'missing' | 'cause' | 'expected' | 'expectedFrom'> & {
  positions?: number[];
};

/** How many frames a set was to have, and which are not there. */
export function completenessOf(set: Found, templates: readonly Template[], place: Place): Completeness {
  const { frames, kind } = set;
  const length = lengthOf(frames[0] as Taken);
  const positions = frames.map(positionOf).filter((position) => position !== undefined);
  const positioned = positions.length === frames.length;
  if (length !== undefined && positioned) return byPositions(set, place, length, positions);
  if (kind !== 'exposure') return { complete: null, missing: [] };
  if (length !== undefined) return byTemplates(set, templates, place, length);
  if (set.byHand) return { complete: null, missing: [] };
  return byHabit(set, templates, place, positioned ? positions : undefined);
}

const from = (set: Found) => (set.frames[0] as Taken).frame.facts.drive?.lengthFrom ?? 'tag';

function byPositions(set: Found, place: Place, length: number, positions: number[]): Completeness {
  const there = new Set(positions);
  const missing = range(1, length).filter((position) => !there.has(position));
  return verdict(set, place, { expected: length, expectedFrom: from(set), missing, positions });
}

/** The length is known, the positions are not. */
function byTemplates(set: Found, templates: readonly Template[], place: Place, length: number): Completeness {
  const expected = { expected: length, expectedFrom: from(set) };
  if (set.frames.length >= length) {
    return verdict(set, place, { ...expected, missing: [], positions: range(1, length) });
  }
  const known = templates.filter(({ values }) => values.length === length).map(({ values }) => values);
  const found = placed(set, [...known, ...guesses(valuesOf(set.frames), length)], place);
  if (!found) return { ...expected, complete: false, missing: [] };
  return verdict(set, place, { ...expected, missing: without(length, found), positions: found });
}

const without = (length: number, positions: readonly number[]) =>
  range(1, length).filter((position) => !positions.includes(position));

const range = (low: number, high: number) => Array.from({ length: high - low + 1 }, (_, index) => low + index);

/** The frames' places in the first of these templates that fits best. */
function placed(set: Found, templates: readonly (readonly number[])[], place: Place): number[] | undefined {
  const values = valuesOf(set.frames);
  const hints = hintsOf(set.frames, place);
  const found = templates.map((template) => align(template, values, hints)).filter((one) => one !== undefined);
  return found.toSorted((a, b) => a.penalty - b.penalty)[0]?.positions;
}

/** Neither the tags nor a menu tell the length: the shoot's other sets do, or the pattern itself. */
function byHabit(
  set: Found,
  templates: readonly Template[],
  place: Place,
  positions: number[] | undefined,
): Completeness {
  const values = relative(valuesOf(set.frames));
  const hints = hintsOf(set.frames, place);
  const isWholeItself = isWhole(values) && hints.steps.every((step) => step === undefined || step === 1);
  const own = templates.find((template) => isSameTemplate(template.values, values));
  const others = templates
    .filter(({ values: { length } }) => length > values.length)
    .map((template) => ({ template, found: align(template.values, values, hints) }))
    .filter(
      ({ template, found }) =>
        found &&
        (!isWholeItself || (found.positions[0] === 1 && (template.support > 1 || isTakenAgain(set, template, place)))),
    );
  const isFirst = positions === undefined || positions[0] === 1;
  const isUsual = own !== undefined && own.values.length % 2 === 0;
  if ((isWholeItself || isUsual) && isFirst && ((own?.support ?? 0) > 1 || others.length === 0)) {
    const expectedFrom = (own?.support ?? 0) > 1 ? 'habit' : 'pattern';
    return verdict(set, place, {
      expected: values.length,
      expectedFrom,
      missing: [],
      positions: range(1, values.length),
    });
  }
  if (positions) return positionedByHabit(set, templates, place, positions);
  const best = others.toSorted(
    (a, b) => (a.found?.penalty ?? 0) - (b.found?.penalty ?? 0) || b.template.support - a.template.support,
  )[0];
  if (best?.found) {
    const { length } = best.template.values;
    const found = best.found.positions;
    return verdict(set, place, {
      expected: length,
      expectedFrom: 'habit',
      missing: without(length, found),
      positions: found,
    });
  }
  return byPattern(set, place);
}

/** Whether the set beside it is the whole that this one is the beginning of: of the same base, as after a false start. */
function isTakenAgain({ frames }: Found, { values }: Template, { near }: Place): boolean {
  const base = evOf(frames[0] as Taken);
  return near.some(
    (other) =>
      isSameTemplate(relative(valuesOf(other.frames)), values) && isSameEv(evOf(other.frames[0] as Taken), base),
  );
}

/** The camera counts the frames, but does not say how many there are to be. */
function positionedByHabit(
  set: Found,
  templates: readonly Template[],
  place: Place,
  positions: number[],
): Completeness {
  const last = Math.max(...positions);
  const values = valuesOf(set.frames);
  const fits = ({ values: template }: Template) =>
    template.length >= last &&
    positions.every((position, index) => {
      const wanted = (template[position - 1] as number) - (template[(positions[0] as number) - 1] as number);
      return Math.abs((values[index] as number) - (values[0] as number) - wanted) < 0.26;
    });
  const expected = templates.filter(fits).map(({ values }) => values.length)[0] ?? Math.max(3, last + (1 - (last % 2)));
  const expectedFrom = templates.some(fits) ? 'habit' : 'pattern';
  return verdict(set, place, { expected, expectedFrom, missing: without(expected, positions), positions });
}

/** A set that is like no other: the shortest bracket that it can be a part of. */
function byPattern(set: Found, place: Place): Completeness {
  if (set.frames.length === 1) return { complete: false, missing: [], cause: causeOf(set, place, []) };
  for (const length of [3, 5, 7, 9]) {
    if (length <= set.frames.length) continue;
    const found = placed(set, guesses(valuesOf(set.frames), length), place);
    if (found) {
      return verdict(set, place, {
        expected: length,
        expectedFrom: 'pattern',
        missing: without(length, found),
        positions: found,
      });
    }
  }
  return { complete: null, missing: [] };
}

type Verdict = { expected: number; expectedFrom: PhotoSet['expectedFrom']; missing: number[]; positions: number[] };

function verdict(set: Found, place: Place, { expected, expectedFrom, missing, positions }: Verdict): Completeness {
  const complete = missing.length === 0;
  const cause = complete ? {} : { cause: causeOf(set, place, missing) };
  return { complete, missing, expected, ...(expectedFrom ? { expectedFrom } : {}), positions, ...cause };
}

function causeOf(set: Found, { after }: Place, missing: readonly number[]): string {
  const hole = set.frames.slice(1).some(({ step }) => (step ?? 1) > 1);
  const [head] = set.frames as [Taken];
  if (hole) return 'numbers are missing inside of the set: frames were deleted, or are not among these files';
  if (missing[0] === 1 && (head.step ?? 1) > 1) {
    return 'numbers are missing before the set: frames were deleted, or are not among these files';
  }
  if (!after) return 'the files end here: the card was full, or the rest is not among them';
  if (after.step === 1) return 'the next number follows at once: the set was stopped early';
  if (after.step !== undefined && after.step > 1) {
    return 'numbers are missing behind the set: frames were deleted, or are not among these files';
  }
  return 'the set was stopped early, or frames are not among these files';
}
