import {
  bracketOf,
  compensationOf,
  compensationTells,
  evOf,
  isFramedAlike,
  isSameEv,
  lengthOf,
  modeOf,
  offsetsTell,
  positionOf,
} from './keys.ts';
import type { Taken } from './order.ts';
import type { SetKind, Tier } from './shoot.ts';

/** A set before it is judged. */
export type Found = { kind: SetKind; tier: Tier; frames: Taken[]; confidence: number; why: string[]; byHand?: boolean };

/** Pauses inside of a set, in milliseconds. */
const MAX_IDLE_POSITIONED_MS = 60_000;
const MAX_IDLE_MS = 10_000;
/** Where each frame takes a press of the button. */
const MAX_IDLE_SINGLE_MS = 30_000;
/** After a longer pause, numbers have to agree with positions. */
const SUSPICIOUS_IDLE_MS = 1500;

const WORDS: Record<Tier, string> = {
  A: 'the camera marked the frames as a bracket',
  B: 'Exif says that the exposure was bracketed',
  C: '',
  D: '',
};

/** Sets by tags, of one body's frames in order. */
export function taggedSets(taken: readonly Taken[]): Found[] {
  const sets: Found[] = [];
  const byOffset = offsetsTell(
    taken.filter((one) => bracketOf(one)?.tier === 'A' && bracketOf(one)?.kind === 'exposure'),
  );
  let current: Found | undefined;
  for (const one of taken) {
    const bracket = bracketOf(one);
    if (!bracket) {
      current = undefined;
      continue;
    }
    if (!current || current.kind !== bracket.kind || current.tier !== bracket.tier || begins(current, one, byOffset)) {
      current = { ...bracket, frames: [], confidence: bracket.tier === 'A' ? 0.97 : 0.9, why: [WORDS[bracket.tier]] };
      sets.push(current);
    }
    current.frames.push(one);
  }
  return joinEqual(sets);
}

/** Whether a frame is the first of another set. */
function begins(set: Found, one: Taken, byOffset: boolean): boolean {
  const last = set.frames.at(-1) as Taken;
  const [id, lastId] = [one.frame.facts.drive?.setId, last.frame.facts.drive?.setId];
  if (id !== undefined && lastId !== undefined) return id !== lastId;
  const length = lengthOf(one) ?? lengthOf(last);
  if (lengthOf(one) !== lengthOf(last)) return true;
  if (length !== undefined && set.frames.length >= length) return true;
  const [position, lastPosition] = [positionOf(one), positionOf(last)];
  const idle = one.idleMs ?? 0;
  if (position !== undefined && lastPosition !== undefined) {
    const apart = one.step !== undefined && one.step !== position - lastPosition && idle > SUSPICIOUS_IDLE_MS;
    return position <= lastPosition || apart || idle > MAX_IDLE_POSITIONED_MS;
  }
  const single = one.frame.facts.drive?.single === true;
  if (idle > (single ? MAX_IDLE_SINGLE_MS : MAX_IDLE_MS) || !isFramedAlike(one, last)) return true;
  if (one.step !== undefined && (one.step < 1 || one.step > (length ?? 9))) return true;
  return set.kind === 'exposure' && isRepeated(set.frames, one, byOffset);
}

function isRepeated(frames: readonly Taken[], one: Taken, byOffset: boolean): boolean {
  const offset = one.frame.facts.drive?.offset;
  if (byOffset) return frames.some(({ frame }) => Math.abs((frame.facts.drive?.offset ?? 0) - (offset ?? 0)) < 0.1);
  if (frames.length > 1 && compensationTells([...frames, one])) return false;
  if (frames.some((other) => isSameEv(evOf(other), evOf(one)))) return true;
  const compensation = compensationOf(one);
  if (compensation === undefined) return false;
  const others = new Set(frames.map(compensationOf));
  // By hand, and in manual mode, compensation stays as it is from frame to frame.
  const tells = others.size > 1 || (frames.length === 1 && modeOf(one) !== 1);
  return tells && [...others].some((other) => isSameEv(other, compensation));
}

/** Pause between frames that differ in something else than exposure. */
const MAX_IDLE_EQUAL_MS = 2000;

/** Three and more "sets" of one frame and one exposure are one set of another kind: films, white balances, flashes. */
function joinEqual(sets: readonly Found[]): Found[] {
  const joined: Found[] = [];
  for (const set of sets) {
    const last = joined.at(-1);
    const [before, one] = [last?.frames.at(-1), set.frames[0] as Taken];
    const isEqual =
      last &&
      before &&
      last.kind === 'exposure' &&
      set.kind === 'exposure' &&
      set.frames.length === 1 &&
      last.frames.every((other) => isSameEv(evOf(other), evOf(one))) &&
      positionOf(one) === undefined &&
      (one.idleMs ?? MAX_IDLE_EQUAL_MS) < MAX_IDLE_EQUAL_MS;
    if (isEqual) last.frames.push(one);
    else joined.push({ ...set, frames: [...set.frames] });
  }
  return joined.flatMap((set) => {
    const isEqual =
      set.kind === 'exposure' &&
      set.frames.length > 1 &&
      set.frames.every((one) => isSameEv(evOf(one), evOf(set.frames[0] as Taken)));
    if (!isEqual) return [set];
    const positioned = set.frames.every((one) => positionOf(one) !== undefined);
    if (set.frames.length === 2 && !positioned) return set.frames.map((one) => ({ ...set, frames: [one] }));
    return [{ ...set, kind: otherKind(set.frames), why: [...set.why, 'its frames have one exposure'] }];
  });
}

function otherKind(frames: readonly Taken[]): SetKind {
  if (frames.some(({ frame }) => frame.facts.exposure?.flash)) return 'flash';
  return new Set(frames.map(({ frame }) => frame.facts.look)).size > 1 ? 'film' : 'wb';
}
