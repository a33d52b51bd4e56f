import { type Drive, groupShoot, type PhotoFacts, type Shoot, type ShootFile } from '../../src/index.ts';

/** A frame of a shoot that is told in facts, without bytes. */
export type Told = {
  name: string;
  /** Seconds from the beginning of the shoot. */
  at: number;
  /** Shutter time in seconds. */
  s?: number;
  f?: number;
  iso?: number;
  ec?: number;
  mode?: number;
  drive?: Drive;
  count?: number;
  serial?: string;
  model?: string;
  make?: string;
  more?: Partial<PhotoFacts>;
  resolutionMs?: number;
  size?: number;
};

const NOON = Date.UTC(2024, 4, 18, 12);

const KINDS: Record<string, PhotoFacts['kind']> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  heic: 'heic',
  hif: 'heic',
  mov: 'video',
  xmp: 'sidecar',
};

export function told(frame: Told): ShootFile {
  const {
    name,
    at,
    s = 0.01,
    f = 8,
    iso = 100,
    ec = 0,
    mode = 0,
    drive,
    count,
    resolutionMs = 10,
    size = 1000,
  } = frame;
  const { serial, model = 'Camera 1', make = 'Maker', more } = frame;
  const ev = Math.round((Math.log2(s) + Math.log2(iso / 100) - 2 * Math.log2(f || 1)) * 1000) / 1000;
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const ms = Math.floor((NOON + at * 1000) / resolutionMs) * resolutionMs;
  const facts: PhotoFacts = {
    kind: KINDS[extension] ?? 'raw',
    format: extension,
    camera: { make, model, ...(serial ? { serial } : {}) },
    time: { ms, resolutionMs },
    exposure: { seconds: s, ...(f ? { aperture: f } : {}), iso, compensation: ec, mode, ev },
    focalLength: 24,
    orientation: 1,
    dims: { width: 6000, height: 4000 },
    ...(drive ? { drive } : {}),
    ...(count === undefined ? {} : { counter: { value: count, from: 'count' } }),
    ...more,
  };
  return { path: name, size, facts };
}

export const sidecar = (path: string): ShootFile => ({ path, size: 100 });

/** Groups frames as they are told. */
export const shootOf = (...files: (Told | ShootFile)[]): Shoot =>
  groupShoot(files.map((file) => ('at' in file ? told(file) : file)));

/** A set of frames at regular pauses: brightness from the base in EV, one by one. */
export function series(
  first: { number: number; prefix?: string; extension?: string },
  offsets: readonly number[],
  frame: Omit<Told, 'name'> & { pause?: number },
): Told[] {
  const { number, prefix = 'DSC_', extension = '.NEF' } = first;
  const { pause = 0.3, s = 1 / 60, at } = frame;
  let time = at;
  return offsets.map((offset, index) => {
    const seconds = s * 2 ** offset;
    const own = {
      ...frame,
      name: `${prefix}${String(number + index).padStart(4, '0')}${extension}`,
      at: time,
      s: seconds,
    };
    time += pause + seconds;
    return own;
  });
}

/** With the compensation of each frame, and Exif's bracket mode: what a camera writes besides its notes. */
export const withCompensation = (frames: readonly Told[], offsets: readonly number[]): Told[] =>
  frames.map((frame, index) => ({ ...frame, ec: offsets[index] as number, mode: 2 }));

/** With positions and the length. */
export const withPositions = (
  frames: readonly Told[],
  length: number,
  from = 1,
  kind: Drive['kind'] = 'exposure',
): Told[] =>
  frames.map((frame, index) => ({ ...frame, drive: { kind, position: from + index, length, lengthFrom: 'tag' } }));

/** Without positions. */
export const withKind = (frames: readonly Told[], kind: Drive['kind'] = 'exposure'): Told[] =>
  frames.map((frame) => ({ ...frame, drive: { kind } }));

const stem = (id: string) => id.replace(/^.*\//, '');

/** Exposure sets in short: their frames' names, and `?` or `!` where they are not complete, or not known to be. */
export const sets = ({ sets: all }: Shoot, kind = 'exposure'): string[] =>
  all
    .filter((set) => set.kind === kind)
    .map(
      (set) =>
        `${set.frames.map(({ shot }) => stem(shot)).join(' ')}${set.complete === true ? '' : set.complete === null ? ' ?' : ' !'}`,
    );
