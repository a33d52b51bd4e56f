/** A way in which a camera takes a set: brightness of each frame from the first one's, in EV, in the order of capture. */
export type Template = { values: readonly number[]; support: number };

/** Cameras round exposures to thirds of a stop, and long ones more coarsely. */
const TOLERANCE = 0.26;

const toleranceFor = (step: number) => Math.min(TOLERANCE, step * 0.45);

export const relative = (values: readonly number[]): number[] => values.map((value) => value - (values[0] ?? 0));

/** The distance of neighbours, of values from dark to bright; the smallest. */
export function stepOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((value, index) => value - (sorted[index] as number));
  return Math.min(...steps);
}

/**
 * Whether values are a whole bracket: an odd number, in even steps, from dark to bright, from bright to dark, or
 * beginning in the middle.
 */
export function isWhole(values: readonly number[], { least = 0.25 }: { least?: number } = {}): boolean {
  if (values.length < 3 || values.length % 2 === 0) return false;
  const sorted = values.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((value, index) => value - (sorted[index] as number));
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  if (low < least || high - low > toleranceFor(low) * 1.5) return false;
  const isRising = values.every((value, index) => value === sorted[index]);
  const isFalling = values.every((value, index) => value === sorted[sorted.length - 1 - index]);
  return isRising || isFalling || values[0] === sorted[(sorted.length - 1) / 2];
}

export function isSameTemplate(a: readonly number[], b: readonly number[]): boolean {
  const tolerance = toleranceFor(Math.max(stepOf(a), 0.3));
  return a.length === b.length && a.every((value, index) => Math.abs(value - (b[index] as number)) <= tolerance);
}

/** Which orders there are: 0 − +, − 0 +, + 0 −, 0 + −, and 0 followed by all others from dark to bright. */
function ordersOf(count: number, step: number): number[][] {
  const half = (count - 1) / 2;
  if (!Number.isInteger(half) || half < 1) return [];
  const rising = Array.from({ length: count }, (_, index) => (index - half) * step);
  const outward = (sign: number) => [
    0,
    ...Array.from({ length: half }, (_, index) => [sign * (index + 1) * step, -sign * (index + 1) * step]).flat(),
  ];
  const rest = rising.filter((value) => value !== 0);
  return [outward(-1), rising, rising.toReversed(), outward(1), [0, ...rest], [0, ...rest.toReversed()]];
}

/** All orders in which a camera may take this many frames, in the steps seen, or half of them where one is missing. */
export function guesses(values: readonly number[], length: number): number[][] {
  if (values.length < 2) return [];
  const step = stepOf(values);
  return [...ordersOf(length, step), ...ordersOf(length, step / 2)];
}

export type Alignment = { positions: number[]; penalty: number };

/** What is known about the place of a set's frames besides their brightness. */
export type Hints = {
  /** How far the numbers go on from the frame before; undefined where there are none. */
  steps: readonly (number | undefined)[];
  /** Numbers missing before the first frame and after the last. */
  before: number | undefined;
  after: number | undefined;
  /** Offsets from the base exposure, where the frames tell them. */
  absolute: readonly number[] | undefined;
};

/** Where in a template the frames stand, from 1; undefined where they do not fit. The likeliest place counts. */
export function align(template: readonly number[], values: readonly number[], hints: Hints): Alignment | undefined {
  const tolerance = toleranceFor(Math.max(stepOf(template), 0.3));
  let best: Alignment | undefined;
  for (let start = 0; start + values.length <= template.length; start += 1) {
    const positions = placesFrom(template, values, hints, start, tolerance);
    if (!positions) continue;
    const penalty = penaltyOf(template, positions, hints);
    if (!best || penalty < best.penalty) best = { positions, penalty };
  }
  return best;
}

function placesFrom(
  template: readonly number[],
  values: readonly number[],
  { steps }: Hints,
  start: number,
  tolerance: number,
): number[] | undefined {
  const positions = [start + 1];
  for (let index = 1; index < values.length; index += 1) {
    const wanted = (values[index] as number) - (values[0] as number) + (template[start] as number);
    const last = positions.at(-1) as number;
    const step = steps[index];
    const place = template.findIndex(
      (value, at) =>
        at >= last &&
        Math.abs(value - wanted) <= tolerance &&
        (step === undefined || step < 1 || at + 1 - last === step),
    );
    if (place < 0) return undefined;
    positions.push(place + 1);
  }
  return positions;
}

function penaltyOf(template: readonly number[], positions: readonly number[], hints: Hints): number {
  const [head, tail] = [(positions[0] as number) - 1, template.length - (positions.at(-1) as number)];
  const { before, after, absolute } = hints;
  // An unfinished set is likelier than one whose beginning is missing, where nothing else tells.
  const headWeight = absolute ? 0.6 : 2;
  const atEnds =
    (before === undefined ? head : Math.max(0, head - before)) * headWeight +
    (after === undefined ? tail : Math.max(0, tail - after)) * 0.5;
  const middle = template.toSorted((a, b) => a - b)[(template.length - 1) >> 1] as number;
  const off = absolute
    ? positions.reduce(
        (sum, place, index) => sum + Math.abs((template[place - 1] as number) - middle - (absolute[index] as number)),
        0,
      )
    : 0;
  return atEnds + off * 4;
}
