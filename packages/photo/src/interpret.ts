import type { CaptureTime, Exposure, PhotoFacts, PhotoIds } from './facts.ts';
import { driveOf } from './makers/index.ts';
import type { ReadTags } from './read-tags.ts';
import type { Tags } from './tags.ts';

/** What the tags mean. Pure. */
export function interpret({ tags, format, reason }: ReadTags): PhotoFacts {
  const time = timeOf(tags);
  const exposure = exposureOf(tags);
  const [dims, camera, ids] = [dimsOf(tags, format), cameraOf(tags), idsOf(tags)];
  const drive = driveOf(tags);
  const counter = counterOf(tags);
  const orientation = tags.number('Orientation');
  const focalLength = positive(tags.number('FocalLength'));
  const software = tags.text('Software') ?? tags.text('XMP:CreatorTool');
  const result = resultOf(tags, software);
  const look = lookOf(tags);
  const empty = !time && !exposure && !camera && reason === undefined && format !== 'xmp';
  return {
    kind: kindOf(format),
    ...present({ format, reason: empty ? 'It has no Exif: a program removed it, or never wrote it.' : reason }),
    ...present({ camera, time, exposure, dims, focalLength, drive, counter, software, result, look, ids }),
    ...(orientation !== undefined && orientation >= 1 && orientation <= 8 ? { orientation } : {}),
    ...(tags.number('CompositeImage') === 3 || tags.number('Apple:HDRImageType') === 3 ? { composite: true } : {}),
    ...(tags.jpegs.length > 0 ? { previews: tags.jpegs.toSorted((a, b) => b.length - a.length) } : {}),
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the properties that are undefined. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** The same, or undefined where nothing is left. */
function presentOrNone<T extends object>(values: T): Present<T> | undefined {
  const found = present(values);
  return Object.keys(found).length > 0 ? found : undefined;
}

const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined);

const IMAGES = new Set(['tiff', 'jxl', 'avif']);
const KINDS: Record<string, PhotoFacts['kind']> = {
  jpeg: 'jpeg',
  heic: 'heic',
  mov: 'video',
  mp4: 'video',
  xmp: 'sidecar',
};

function kindOf(format: string | undefined): PhotoFacts['kind'] {
  if (format === undefined) return 'unknown';
  return KINDS[format] ?? (IMAGES.has(format) ? 'image' : 'raw');
}

function cameraOf(tags: Tags): PhotoFacts['camera'] {
  return presentOrNone({
    make: tags.text('Make'),
    model: tags.text('Model') ?? tags.text('UniqueCameraModel'),
    serial: serialOf(tags),
    lens: tags.text('LensModel'),
  });
}

const SERIALS = [
  'SerialNumber',
  'CameraSerialNumber',
  'Nikon:SerialNumber',
  'Canon:SerialNumber',
  'Olympus:SerialNumber',
  'Pentax:SerialNumber',
  'Sigma:SerialNumber',
  'PhaseOne:SerialNumber',
  'FujiFilm:InternalSerialNumber',
  'Panasonic:InternalSerialNumber',
  'XMP:SerialNumber',
];

function serialOf(tags: Tags): string | undefined {
  for (const name of SERIALS) {
    const serial = tags.text(name) ?? positive(tags.number(name))?.toString();
    // Some bodies write zeros in place of a number.
    if (serial !== undefined && /[1-9a-z]/i.test(serial)) return serial;
  }
  return undefined;
}

const DATE = /^(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)/;

/** In milliseconds; undefined for a clock that was never set, which shows zeros or blanks. */
function clockOf(text: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, ...clock] = (DATE.exec(text ?? '') ?? []).slice(1).map(Number);
  if (year < 1900 || month < 1 || month > 12 || day < 1) return undefined;
  return Date.UTC(year, month - 1, day, clock[0], clock[1], clock[2]);
}

function timeOf(tags: Tags): CaptureTime | undefined {
  const seconds = tags.number('X3F:Seconds') ?? tags.number('Movie:CreatedSeconds');
  const taken = clockOf(tags.text('DateTimeOriginal'));
  const clock = taken ?? clockOf(tags.text('CreateDate')) ?? clockOf(tags.text('Movie:CreationDate'));
  const ms = clock ?? (seconds === undefined ? undefined : seconds * 1000);
  if (ms === undefined) return undefined;
  // Only this sub-second time belongs to the moment of capture; the other ones belong to the file.
  const digits = taken === undefined ? '' : (/^\d{1,9}/.exec(tags.text('SubSecTimeOriginal') ?? '')?.[0] ?? '');
  const zoneMinutes = zoneOf(tags.text('OffsetTimeOriginal') ?? tags.text('Movie:CreationDate'));
  return {
    ms: ms + Math.round(Number(`0.${digits || '0'}`) * 1000),
    resolutionMs: 10 ** (3 - Math.min(3, digits.length)),
    ...(zoneMinutes === undefined ? {} : { zoneMinutes }),
  };
}

function zoneOf(text: string | undefined): number | undefined {
  const found = /([+-])(\d\d):?(\d\d)$/.exec(text ?? '');
  if (!found) return undefined;
  return (Number(found[2]) * 60 + Number(found[3])) * (found[1] === '-' ? -1 : 1);
}

/** ISO is 65535 in two bytes where it is more than they hold. */
function isoOf(tags: Tags): number | undefined {
  const iso = positive(tags.number('ISO'));
  if (iso !== undefined && iso < 65535) return iso;
  return positive(tags.number('RecommendedExposureIndex')) ?? positive(tags.number('StandardOutputSensitivity')) ?? iso;
}

function exposureOf(tags: Tags): Exposure | undefined {
  const shutter = tags.number('ShutterSpeedValue');
  const [micros, apex] = [tags.number('X3F:ExposureMicroseconds'), tags.number('ApertureValue')];
  const seconds =
    positive(tags.number('ExposureTime')) ??
    positive(tags.number('X3F:ShutterSeconds')) ??
    (micros === undefined ? undefined : positive(micros / 1e6)) ??
    (shutter === undefined || Math.abs(shutter) > 30 ? undefined : 2 ** -shutter);
  // A lens without contacts has aperture 0: unknown, but the same for all frames.
  const aperture = positive(tags.number('FNumber')) ?? (apex === undefined || apex <= 0 ? undefined : 2 ** (apex / 2));
  const iso = isoOf(tags);
  const ev =
    seconds === undefined
      ? undefined
      : Math.log2(seconds) + Math.log2((iso ?? 100) / 100) - 2 * Math.log2(aperture ?? 1);
  const flash = tags.number('Flash');
  return presentOrNone({
    seconds,
    aperture,
    iso,
    compensation: tags.number('ExposureCompensation'),
    mode: tags.number('ExposureMode'),
    ev: ev === undefined ? undefined : Math.round(ev * 1000) / 1000,
    flash: flash === undefined ? undefined : (flash & 1) === 1,
  });
}

function dimsOf(tags: Tags, format: string | undefined): PhotoFacts['dims'] {
  for (const name of ['JPEGSize', 'DefaultCropSize', 'RAF:CroppedSize', 'MRW:Size']) {
    const [width, height] = tags.list(name) ?? [];
    if (width && height) return { width, height };
  }
  const pairs: readonly [string, string][] = [
    ['PanasonicRaw:Width', 'PanasonicRaw:Height'],
    ['PhaseOne:ImageWidth', 'PhaseOne:ImageHeight'],
    ['ExifImageWidth', 'ExifImageHeight'],
  ];
  const biggest = tags.sizes.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
  if (format === 'heic' || format === 'avif' || format === 'dng' || format === 'tiff') if (biggest) return biggest;
  for (const [w, h] of pairs) {
    const [width, height] = [tags.number(w), tags.number(h)];
    if (width && height) return { width, height };
  }
  return biggest;
}

/** Canon's file numbers go up to 9999 in each folder. */
const FILE_NUMBERS = 9999;

function counterOf(tags: Tags): PhotoFacts['counter'] {
  const shutter = positive(tags.number('Nikon:ShutterCount'));
  if (shutter !== undefined && shutter < 2 ** 31) return { value: shutter, from: 'Nikon:ShutterCount' };
  const file = tags.number('Canon:FileNumber') ?? 0;
  if (file >= 100_0000 && file <= 999_9999 && file % 10_000 > 0) {
    return { value: file % 10_000, modulo: FILE_NUMBERS, from: 'Canon:FileNumber' };
  }
  for (const name of ['Pentax:ShutterCount', 'PhaseOne:ImageNumber', 'ImageNumber', 'Pentax:FrameNumber']) {
    const value = positive(tags.number(name));
    if (value !== undefined && value < 2 ** 31) return { value, from: name };
  }
  return undefined;
}

const MERGERS =
  /photomatix|hdr ?efex|aurora ?hdr|luminance|qtpfsgui|hdrmerge|hdrsoft|hugin|ptgui|easyhdr|sns-?hdr|enfuse|oloneo|hdr projects|dynamic-photo|fdrtools|machinery hdr|affinity photo.*merge/i;

function resultOf(tags: Tags, software: string | undefined): string | undefined {
  if ((tags.list('Olympus:StackedImage') ?? []).some((value) => value !== 0)) return 'stacked in the camera';
  if ((tags.number('Canon:HDR') ?? 0) > 0 && tags.number('Canon:BracketMode') !== 1) return 'HDR made in the camera';
  if ((tags.number('Sony:HDR') ?? 0) >>> 16 === 1) return 'HDR made in the camera';
  if ((tags.number('Panasonic:HDR') ?? 0) > 0) return 'HDR made in the camera';
  return software !== undefined && MERGERS.test(software) ? `made by ${software}` : undefined;
}

function lookOf(tags: Tags): string | undefined {
  const film = tags.number('FujiFilm:FilmMode');
  return film === undefined ? undefined : `film ${film}`;
}

function idsOf(tags: Tags): PhotoIds | undefined {
  return presentOrNone({
    image: tags.text('ImageUniqueID') ?? tags.text('Apple:ImageUniqueID'),
    content: tags.text('Apple:ContentIdentifier'),
    burst: tags.text('Apple:BurstUUID') ?? tags.text('XMP:BurstID'),
    rawFileName: tags.text('OriginalRawFileName') ?? tags.text('XMP:RawFileName') ?? tags.text('XMP:PreservedFileName'),
    sidecarFor: tags.text('XMP:SidecarForExtension'),
  });
}
