import type { PhotoFacts } from '../facts.ts';
import type { Named } from './names.ts';
import type { FileRole } from './shoot.ts';

/** A shot while it is put together. */
export type Frame = {
  files: { named: Named; role: FileRole; size: number; facts: PhotoFacts }[];
  /** Of all files together; those of the RAW count first. */
  facts: PhotoFacts;
  /** The frame that this is a copy of, or a result from. */
  of?: Frame | undefined;
  derived?: 'copy' | 'result';
  sidecars: Named[];
  videos: Named[];
  body: string;
  /** Counts frames of the body; after `modulo` it begins again. */
  number?: { value: number; modulo: number | undefined; prefix: string } | undefined;
};

export const first = (frame: Frame) => frame.files[0] as Frame['files'][number];

/** Milliseconds that two clocks may differ for one moment: writing RAW and JPEG takes a camera up to a second. */
const SAME_MOMENT_MS = 1000;

const near = (a: number | undefined, b: number | undefined, ratio: number) =>
  a === undefined || b === undefined || Math.abs(a - b) <= ratio * Math.max(Math.abs(a), Math.abs(b));

/** Whether two files may be of one press of the shutter: nothing that both say differs. */
export function isSameMoment(a: PhotoFacts, b: PhotoFacts): boolean {
  if (a.time && b.time && Math.abs(a.time.ms - b.time.ms) > SAME_MOMENT_MS) return false;
  return isSameCamera(a, b) && isSameExposure(a, b);
}

function isSameCamera({ camera: a }: PhotoFacts, { camera: b }: PhotoFacts): boolean {
  const differ = (x?: string, y?: string) => x !== undefined && y !== undefined && x.toLowerCase() !== y.toLowerCase();
  return !differ(a?.model, b?.model) && !differ(a?.serial, b?.serial);
}

export function isSameExposure({ exposure: a, drive: d }: PhotoFacts, { exposure: b, drive: e }: PhotoFacts): boolean {
  const differ = (x?: number, y?: number) => x !== undefined && y !== undefined && x !== y;
  if (differ(d?.position, e?.position) || differ(d?.offset, e?.offset)) return false;
  return near(a?.seconds, b?.seconds, 0.03) && near(a?.aperture, b?.aperture, 0.03) && near(a?.iso, b?.iso, 0.03);
}

/** What a file is to its shot. */
export function roleOf({ kind }: PhotoFacts): FileRole {
  if (kind === 'raw' || kind === 'heic' || kind === 'jpeg') return kind;
  return kind === 'video' ? 'video' : 'image';
}

const RANK: readonly FileRole[] = ['raw', 'heic', 'jpeg', 'image'];

/** Sorts a shot's files, the RAW first, and puts together what they say. */
export function settle(frame: Frame): void {
  const rank = ({ role, facts }: Frame['files'][number]) => RANK.indexOf(role) + (facts.format === 'dng' ? 0.5 : 0);
  frame.files.sort((a, b) => rank(a) - rank(b) || (a.named.path < b.named.path ? -1 : 1));
  const tells = (facts: PhotoFacts) => (facts.drive && facts.drive.kind !== 'unknown' ? 1 : 0);
  const merged = Object.assign({}, ...frame.files.map(({ facts }) => facts).reverse());
  const drive = frame.files.map(({ facts }) => facts).find(tells)?.drive;
  const camera = Object.assign({}, ...frame.files.map(({ facts }) => facts.camera ?? {}).reverse());
  const { reason: _, ...facts } = { ...merged, camera, ...(drive ? { drive } : {}) };
  frame.facts = facts;
}
