import type { SetKind } from '@darkslide/photo';
import type { PickedFile } from '../blob-source.ts';

/** Messages between the page and the worker that reads photos. */

/** The name by which the engine's script knows that it is this worker's. */
export const PHOTOS_WORKER = 'darkslide-photos';

/** The files of one press of the shutter. */
export type PhotoFrame = {
  /** Paths, the photo's own first. */
  files: readonly string[];
  /** In its set, from 1. */
  position: number;
  /** From the set's base exposure, in EV. */
  offset?: number;
};

/** Files that belong together: the frames of a set, or one shot of several files. */
export type PhotoGroup = {
  id: string;
  /** In the order of capture. */
  frames: readonly PhotoFrame[];
  /** Undefined where it is one shot. */
  set?: FoundSet;
};

export type FoundSet = {
  kind: SetKind;
  /** How many frames it should have, where something tells. */
  expected?: number;
  complete: boolean | null;
  /** Positions, from 1. */
  missing: readonly number[];
  /** Why probably, in an English sentence. */
  cause?: string;
};

/** What is new about the groups. */
export type GroupChanges = { changed: readonly PhotoGroup[]; gone: readonly string[] };

/** `width` is the number of pixels that a preview has to have at least, where the file has such a one. */
export type ToPhotos = { kind: 'add'; files: readonly PickedFile[] } | { kind: 'preview'; path: string; width: number };

export type FromPhotos =
  | { kind: 'ready' }
  | { kind: 'groups'; changes: GroupChanges }
  /** `photos` is undefined until they have been counted, and where the files are not read. */
  | { kind: 'state'; isReading: boolean; photos: number | undefined }
  | { kind: 'preview'; path: string; preview: Preview | undefined };

/** A small picture of a photo, and how to turn it: 1 to 8, as Exif has it. */
export type Preview = { bitmap: ImageBitmap; orientation: number };
