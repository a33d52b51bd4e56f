import type { Drive } from './makers/maker.ts';
import type { EmbeddedJpeg } from './tags.ts';

export type { Drive, DriveKind } from './makers/maker.ts';
export type { EmbeddedJpeg } from './tags.ts';

/** What a file says about itself. Everything is optional but `kind`: a photo without facts is still a photo. */
export type PhotoFacts = {
  kind: 'raw' | 'jpeg' | 'heic' | 'image' | 'video' | 'sidecar' | 'unknown';
  /** As an extension in lower case: `cr3`, `jpeg`, `dng`. */
  format?: string;
  /** Why there are no facts, or not all, in a sentence for people. */
  reason?: string;
  camera?: { make?: string; model?: string; serial?: string; lens?: string };
  time?: CaptureTime;
  exposure?: Exposure;
  /** In pixels, as stored, before the orientation is applied. */
  dims?: { width: number; height: number };
  /** 1 to 8, as Exif has it. */
  orientation?: number;
  /** Focal length in millimetres. */
  focalLength?: number;
  drive?: Drive;
  /** Counts the camera's exposures or files, by one a frame; after `modulo` it begins again. */
  counter?: { value: number; modulo?: number; from: string };
  software?: string;
  /** The camera or a program made this from several frames; in a word for people. */
  result?: string;
  /** Every photo of some phones is composed of frames: this is a result only where others of the body are not. */
  composite?: boolean;
  /** A film simulation or a white balance, where files of one exposure differ by it. */
  look?: string;
  ids?: PhotoIds;
  /** JPEGs inside of the file, the longest first. */
  previews?: readonly EmbeddedJpeg[];
};

export type CaptureTime = {
  /** The camera's clock, in milliseconds as if it showed UTC. */
  ms: number;
  /** How exact it is: 1000, 100, 10 or 1 milliseconds. */
  resolutionMs: number;
  /** Minutes east of UTC, where the camera says so. */
  zoneMinutes?: number;
};

export type Exposure = {
  seconds?: number;
  aperture?: number;
  iso?: number;
  /** Exposure compensation, in EV. */
  compensation?: number;
  /** Exif's ExposureMode: 0 automatic, 1 manual, 2 bracketed. */
  mode?: number;
  /** Brightness in EV from time, aperture and ISO: one more is twice as bright. */
  ev?: number;
  flash?: boolean;
};

/** Ids that join files of one shot, or say where a file came from. */
export type PhotoIds = {
  image?: string;
  /** Apple's, of a live photo and its movie. */
  content?: string;
  burst?: string;
  /** The name of the RAW that this was made from. */
  rawFileName?: string;
  /** A sidecar's: the extension of the photo that it belongs to. */
  sidecarFor?: string;
};
