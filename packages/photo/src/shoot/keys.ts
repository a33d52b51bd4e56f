import type { Taken } from './order.ts';
import type { SetKind } from './shoot.ts';

/** Exposures that differ by less are the same: a third of a stop, rounded by the camera, may be 0.28. */
const SAME_EV = 0.14;

export const evOf = ({ frame }: Taken) => frame.facts.exposure?.ev;
export const modeOf = ({ frame }: Taken) => frame.facts.exposure?.mode;
export const compensationOf = ({ frame }: Taken) => frame.facts.exposure?.compensation;
export const positionOf = ({ frame }: Taken) => frame.facts.drive?.position;
export const lengthOf = ({ frame }: Taken) => frame.facts.drive?.length;
export const secondsOf = ({ frame }: Taken) => frame.facts.exposure?.seconds ?? 0;

export const isSameEv = (a: number | undefined, b: number | undefined) =>
  a !== undefined && b !== undefined && Math.abs(a - b) < SAME_EV;

/** The series that a frame belongs to by its tags: by those of the maker (tier A), or by Exif's bracket mode (B). */
export function bracketOf({ frame: { facts } }: Taken): { kind: SetKind; tier: 'A' | 'B' } | undefined {
  const kind = facts.drive?.kind ?? 'unknown';
  if (kind !== 'none' && kind !== 'unknown' && kind !== 'burst') return { kind, tier: 'A' };
  return facts.exposure?.mode === 2 ? { kind: 'exposure', tier: 'B' } : undefined;
}

/** Framed alike: neither turned nor zoomed between. */
export function isFramedAlike({ frame: { facts: a } }: Taken, { frame: { facts: b } }: Taken): boolean {
  const size = ({ dims }: typeof a) => (dims ? `${dims.width}x${dims.height}` : '');
  return (
    a.orientation === b.orientation &&
    (size(a) === size(b) || size(a) === '' || size(b) === '') &&
    (a.focalLength === undefined ||
      b.focalLength === undefined ||
      Math.abs(a.focalLength - b.focalLength) < 0.02 * a.focalLength)
  );
}

/** Whether the camera's own offsets tell frames apart: some write zeros. */
export function offsetsTell(frames: readonly Taken[]): boolean {
  const offsets = frames.map(({ frame }) => frame.facts.drive?.offset);
  return !offsets.includes(undefined) && new Set(offsets).size > 1;
}

/** Whether compensation tells frames apart: where the camera brackets by it, an exposure at its limit stays the same. */
export function compensationTells(frames: readonly Taken[]): boolean {
  const values = frames.map(compensationOf);
  return (
    frames.every((one) => modeOf(one) === 2) && !values.includes(undefined) && new Set(values).size === frames.length
  );
}

/** Values by which frames of one set differ: the camera's offsets where they tell, else compensation, else brightness. */
export function valuesOf(frames: readonly Taken[]): number[] {
  if (offsetsTell(frames)) return frames.map(({ frame }) => frame.facts.drive?.offset ?? 0);
  const tells = frames.length > 1 && compensationTells(frames);
  return frames.map((one) => (tells ? compensationOf(one) : evOf(one)) ?? 0);
}
