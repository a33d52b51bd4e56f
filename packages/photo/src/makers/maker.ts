import type { Directory, Entry, Tiff } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';

/** Which series a camera was set to take. */
export type DriveKind =
  | 'exposure'
  | 'focus'
  | 'wb'
  | 'iso'
  | 'aperture'
  | 'film'
  | 'flash'
  | 'pixelshift'
  | 'burst'
  | 'none'
  | 'unknown';

/** What the camera says about the series that a frame belongs to. */
export type Drive = {
  kind: DriveKind;
  /** From 1. */
  position?: number;
  /** Frames in the whole set. */
  length?: number;
  /** `menu`: a setting that stands there while no set is taken, too. */
  lengthFrom?: 'tag' | 'menu';
  /** From the metered exposure, in EV; positive is brighter. */
  offset?: number;
  /** The same for all frames of one set, and for no others. */
  setId?: string;
  /** The frames are taken one by one, each by a press of the button: more time passes between them. */
  single?: boolean;
};

/** How a maker's notes are read. */
export type Maker = {
  /** Reads what is wanted of the notes' main directory. */
  read: (directory: Directory, tags: Tags) => void;
  /** Where the directory is; undefined where these notes are of another kind. */
  open: (note: Note) => { tiff: Tiff; at: number } | undefined;
};

/** The block of maker notes, and what stands at its beginning. */
export type Note = { tiff: Tiff; entry: Entry; make: string; start: string };

/** A directory at a distance from the notes' beginning, with offsets counted as the file counts them. */
export const openAt = ({ tiff, entry }: Note, distance: number) => ({ tiff, at: entry.at + distance });

/** A directory with offsets counted from the notes' own beginning, and its byte order at a place of its own. */
export function openOwn({ tiff, entry, start }: Note, distance: number, orderAt?: number) {
  const order = orderAt === undefined ? '' : start.slice(orderAt, orderAt + 2);
  const littleEndian = order === 'II' ? true : order === 'MM' ? false : tiff.littleEndian;
  return { tiff: { ...tiff, base: entry.at, littleEndian }, at: entry.at + distance };
}
