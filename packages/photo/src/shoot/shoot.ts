import type { DriveKind, PhotoFacts } from '../facts.ts';

/** A file of a shoot. Sidecars need no facts; a photo without them is `unknown`. */
export type ShootFile = {
  /** Unique in the shoot; folders apart by `/` or `\`. */
  path: string;
  /** In bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modifiedAtMs?: number;
  facts?: PhotoFacts;
};

export type FileRole = 'raw' | 'jpeg' | 'heic' | 'image' | 'sidecar' | 'video' | 'copy' | 'result';

/** One press of the shutter and all files of it. */
export type Shot = {
  /** The path of its first file, without extension where no other shot has that. */
  id: string;
  files: { path: string; role: FileRole }[];
  /** Milliseconds of the camera's clock, as if it showed UTC. */
  t?: number;
  /** Minutes east of UTC. */
  tz?: number;
  /** From 0, in the order in which the shoot was taken. */
  order: number;
  camera?: { make?: string; model?: string; serial?: string };
  dims?: { width: number; height: number };
  orientation?: number;
  exposure?: PhotoFacts['exposure'];
  preview?: { offset: number; length: number; w?: number; h?: number };
  /** A copy, or a result made of frames: the shot that it was made from. Never a frame of a set. */
  of?: string;
};

export type SetKind = Exclude<DriveKind, 'none' | 'unknown'>;

/** How a set was recognised: A by the camera's tags, B by Exif's bracket mode, C by its ladder, D by the shoot's habit. */
export type Tier = 'A' | 'B' | 'C' | 'D';

export type PhotoSet = {
  /** That of its first shot, behind its kind. */
  id: string;
  kind: SetKind;
  frames: { shot: string; pos?: number; ev?: number; offset?: number }[];
  /** Brightness of the base exposure, in EV. */
  base?: number;
  /** Signs of the offsets in the order of capture: "0-+". */
  order?: string;
  expected?: number;
  expectedFrom?: 'tag' | 'menu' | 'pattern' | 'habit';
  /** Null where nothing tells. */
  complete: boolean | null;
  /** Positions from 1. */
  missing: number[];
  /** Why probably, in words. */
  cause?: string;
  /** From 0 to 1. */
  confidence: number;
  tier: Tier;
  why: string[];
  /** The set that this one takes again: the same frames, perhaps of a shifted base. */
  continues?: string;
};

export type Problem = {
  kind: 'incomplete-set' | 'missing-sidecar' | 'sidecar-without-photo' | 'unreadable';
  /** Where it is: a set's id, a shot's id, or a file's path. */
  set?: string;
  shot?: string;
  path?: string;
  message: string;
};

export type Shoot = {
  version: 1;
  shots: Shot[];
  sets: PhotoSet[];
  /** Ids of shots that are in no set. */
  singles: string[];
  problems: Problem[];
  /** Photos without facts, and files that belong to no photo. */
  unknown: { path: string; reason: string }[];
};
