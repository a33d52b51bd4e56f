import { type Frame, first } from './frames.ts';

/** The frames of one body in the order of capture, each with the time that passed before it. */
export type Taken = {
  frame: Frame;
  /** Milliseconds between the end of the exposure before and the beginning of this one; undefined where unknown. */
  idleMs: number | undefined;
  /** How far the number went on from the frame before: 1 is the next. Undefined where there are no numbers. */
  step: number | undefined;
};

/** Numbers that are further apart were given by two bodies of one model, where their times mingle. */
const FAR_APART = 300;

/** Groups frames by body. A model with only one serial number has those without one, too. */
export function bodiesOf(frames: readonly Frame[]): Frame[][] {
  const models = Map.groupBy(frames, ({ facts }) => (facts.camera?.model ?? '').toLowerCase());
  const bodies: Frame[][] = [];
  for (const [model, all] of models) {
    const serials = new Set(all.map(({ facts }) => facts.camera?.serial).filter((serial) => serial !== undefined));
    const groups =
      serials.size <= 1 ? mingled(all) : [...Map.groupBy(all, ({ facts }) => facts.camera?.serial ?? '').values()];
    for (const [index, group] of groups.entries()) {
      for (const frame of group) frame.body = `${model}#${index}`;
      bodies.push(group);
    }
  }
  return bodies;
}

/** Without serial numbers: two series of numbers whose times alternate are two bodies. */
function mingled(frames: Frame[]): Frame[][] {
  if (frames.some(({ facts, number }) => !facts.time || !number)) return [frames];
  const sorted = frames.toSorted((a, b) => (a.number?.value ?? 0) - (b.number?.value ?? 0));
  const series: Frame[][] = [];
  let last: Frame | undefined;
  for (const frame of sorted) {
    const isFar = last?.number && (frame.number?.value ?? 0) - last.number.value > FAR_APART;
    if (!last || isFar) series.push([]);
    series.at(-1)?.push(frame);
    last = frame;
  }
  if (series.length !== 2) return [frames];
  const inFirst = new Set(series[0]);
  const byTime = frames.toSorted((a, b) => timeOf(a) - timeOf(b));
  let changes = 0;
  for (const [index, frame] of byTime.entries()) {
    if (index > 0 && inFirst.has(frame) !== inFirst.has(byTime[index - 1] as Frame)) changes += 1;
  }
  return changes >= 3 ? series : [frames];
}

const timeOf = ({ facts }: Frame) => facts.time?.ms ?? 0;
const resolutionOf = ({ facts }: Frame) => facts.time?.resolutionMs ?? 1000;

/** Clock changes that a shoot may have: daylight saving, a journey, a correction. */
const MAX_CLOCK_CHANGES = 2;

/** Puts a body's frames into the order of capture. */
export function inOrder(body: readonly Frame[]): Frame[] {
  const timed = body.toSorted(compareByTime);
  const numbered = byNumber(body);
  if (!numbered) return timed;
  let backwards = 0;
  for (const [index, frame] of numbered.entries()) {
    const before = numbered[index - 1];
    const tolerance = Math.max(resolutionOf(frame), before ? resolutionOf(before) : 0);
    if (before && timeOf(frame) < timeOf(before) - tolerance) backwards += 1;
  }
  return backwards <= MAX_CLOCK_CHANGES && backwards < body.length / 4 ? numbered : timed;
}

function compareByTime(a: Frame, b: Frame): number {
  const [x, y] = [a.facts.drive?.position ?? 0, b.facts.drive?.position ?? 0];
  const tied = Math.abs(timeOf(a) - timeOf(b)) < Math.min(resolutionOf(a), resolutionOf(b));
  const byNumber = a.number && b.number ? difference(a, b) : undefined;
  const sequence = byNumber ? -byNumber : x - y;
  return (tied ? 0 : timeOf(a) - timeOf(b)) || sequence || (a.number ? 0 : compareOffsets(a, b)) || compareNames(a, b);
}

/** Within one second, and without numbers: the base exposure comes first, as most cameras take it, then dark and bright. */
function compareOffsets(a: Frame, b: Frame): number {
  const [x, y] = [a.facts.exposure?.compensation ?? 0, b.facts.exposure?.compensation ?? 0];
  return Math.abs(x) - Math.abs(y) || x - y;
}

/** By stems, then paths; numbers without leading zeros come in their order. */
function compareNames(a: Frame, b: Frame): number {
  const [x, y] = [first(a).named, first(b).named];
  const digits = (stem: string) => Number(/(\d{1,9})\D*$/.exec(stem)?.[1] ?? 0);
  return digits(x.stem) - digits(y.stem) || (x.path < y.path ? -1 : x.path > y.path ? 1 : 0);
}

/** How far the number of `b` is behind that of `a`, the shorter way around. */
function difference(a: Frame, b: Frame): number | undefined {
  const [x, y] = [a.number, b.number];
  if (!x || !y || x.prefix !== y.prefix) return undefined;
  const plain = y.value - x.value;
  if (x.modulo === undefined) return plain;
  const half = x.modulo / 2;
  return plain > half ? plain - x.modulo : plain < -half ? plain + x.modulo : plain;
}

/** In the order of numbers, from behind the widest gap on; undefined where numbers are missing or come twice. */
function byNumber(body: readonly Frame[]): Frame[] | undefined {
  const prefix = body[0]?.number?.prefix;
  const values = new Set(body.map(({ number }) => number?.value));
  if (prefix === undefined || values.size < body.length) return undefined;
  if (body.some(({ number }) => number?.prefix !== prefix)) return undefined;
  const sorted = body.toSorted((a, b) => (a.number?.value ?? 0) - (b.number?.value ?? 0));
  const modulo = sorted[0]?.number?.modulo;
  if (modulo === undefined) return sorted;
  // Where numbers went from 9999 to 0001, the lowest are not the first. The earliest frame begins.
  const wraps = (sorted.at(-1)?.number?.value ?? 0) - (sorted[0]?.number?.value ?? 0) > modulo / 2;
  if (!wraps) return sorted;
  let widest = 0;
  let begin = 0;
  for (let index = 1; index < sorted.length; index += 1) {
    const gap = (sorted[index]?.number?.value ?? 0) - (sorted[index - 1]?.number?.value ?? 0);
    if (gap > widest) [widest, begin] = [gap, index];
  }
  return [...sorted.slice(begin), ...sorted.slice(0, begin)];
}

/** With the pauses between them. */
export function taken(frames: readonly Frame[]): Taken[] {
  return frames.map((frame, index) => {
    const before = frames[index - 1];
    if (!before) return { frame, idleMs: undefined, step: undefined };
    return { frame, idleMs: idle(before, frame), step: difference(before, frame) };
  });
}

function idle(before: Frame, frame: Frame): number | undefined {
  const [a, b] = [before.facts.time, frame.facts.time];
  if (!a || !b) return undefined;
  const ms = b.ms - a.ms - (before.facts.exposure?.seconds ?? 0) * 1000;
  // A clock that was set back tells nothing about the pause.
  if (b.ms < a.ms - Math.max(a.resolutionMs, b.resolutionMs)) return undefined;
  return Math.max(0, ms);
}

/** All bodies together, by time. */
export function wholeOrder(bodies: readonly Frame[][]): Frame[] {
  const keyed = bodies.flatMap((body) => {
    let latest = Number.NEGATIVE_INFINITY;
    return body.map((frame, index) => {
      latest = Math.max(latest, timeOf(frame));
      return { frame, at: latest, index };
    });
  });
  keyed.sort(
    (a, b) => a.at - b.at || (a.frame.body < b.frame.body ? -1 : a.frame.body > b.frame.body ? 1 : a.index - b.index),
  );
  return keyed.map(({ frame }) => frame);
}
