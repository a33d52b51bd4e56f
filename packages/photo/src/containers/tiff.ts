import { type Bytes, Damaged, tolerate } from '../bytes.ts';
import { EXIF_TAGS, IFD0_TAGS } from '../exif-tags.ts';
import { readAdobeMakerNote } from '../makers/dng-private.ts';
import { readMakerNote } from '../makers/index.ts';
import type { Tags } from '../tags.ts';
import { readXmp } from '../xmp.ts';
import {
  type Directory,
  openTiff,
  readDirectory,
  type Tiff,
  tagNumber,
  tagNumbers,
  tagTable,
  tagValue,
} from './ifd.ts';
import { readJpeg } from './jpeg.ts';

const MAX_CHAIN = 8;
const MAX_SUB_DIRECTORIES = 16;

const TAG = {
  newSubfileType: 0xfe,
  width: 0x100,
  height: 0x101,
  compression: 0x103,
  photometric: 0x106,
  stripOffsets: 0x111,
  stripLengths: 0x117,
  subDirectories: 0x14a,
  jpegOffset: 0x201,
  jpegLength: 0x202,
  xmp: 0x2bc,
  exif: 0x8769,
  dngVersion: 0xc612,
  dngPrivateData: 0xc634,
  cropSize: 0xc620,
  makerNote: 0x927c,
  panasonicJpeg: 0x2e,
} as const;

/** What the two bytes after the byte order say. */
const MAGIC = { tiff: 42, panasonicRaw: 0x55, olympusRaw: [0x4f52, 0x5352] } as const;

/**
 * Reads a TIFF structure: a whole file, or the Exif block of another.
 * @param base where it begins, in the file.
 * @throws {Damaged} where it is none.
 */
export function readTiff(bytes: Bytes, base: number, end: number, tags: Tags): void {
  const { tiff, magic, first } = openTiff(bytes, base, end);
  const known = magic === MAGIC.tiff || magic === MAGIC.panasonicRaw || MAGIC.olympusRaw.some((one) => one === magic);
  if (!known) throw new Damaged(`TIFF with magic number ${magic}`);
  const main = readDirectory(tiff, first);
  readMain(main, tags);
  if (magic === MAGIC.panasonicRaw) tolerate(() => readPanasonicRaw(main, tags));
  readFurther(main, first, tags);
}

function readMain(main: Directory, tags: Tags): void {
  const { tiff } = main;
  copyTags(main, IFD0_TAGS, tags);
  readImage(main, tags);
  tolerate(() => {
    const xmp = tagValue(main, TAG.xmp) && main.entries.get(TAG.xmp);
    if (xmp) readXmp(tiff.bytes, xmp.at, xmp.length, tags);
  });
  const exif = tagNumber(main, TAG.exif);
  if (exif) tolerate(() => readExif(readDirectory(tiff, tiff.base + exif), tags));
  // TIFF/EP, which several RAW formats come from, has what Exif has in its main directory.
  copyTags(main, EXIF_TAGS, tags);
  const adobe = main.entries.get(TAG.dngPrivateData);
  if (adobe) tolerate(() => readAdobeMakerNote(tiff, adobe, tags));
}

/** The Exif directory, where a CR3 has it as a structure of its own as well. */
export function readExif(exif: Directory, tags: Tags): void {
  copyTags(exif, EXIF_TAGS, tags);
  const note = exif.entries.get(TAG.makerNote);
  if (note) tolerate(() => readMakerNote(exif.tiff, note, tags));
}

function copyTags(directory: Directory, names: ReadonlyMap<number, string>, tags: Tags): void {
  for (const tag of directory.entries.keys()) {
    const name = names.get(tag);
    if (name !== undefined) tolerate(() => tags.set(name, tagValue(directory, tag)));
  }
}

/** Directories that hang on the main one: further pages, thumbnails, previews, the raw data. */
function readFurther(main: Directory, first: number, tags: Tags): void {
  const { tiff } = main;
  const seen = new Set([first]);
  let next = main.next;
  for (let index = 0; index < MAX_CHAIN && next !== 0 && !seen.has(tiff.base + next); index += 1) {
    const at = tiff.base + next;
    seen.add(at);
    next = 0;
    tolerate(() => {
      const further = readDirectory(tiff, at);
      readImage(further, tags);
      next = further.next;
    });
  }
  const offsets = tagTable(main, TAG.subDirectories, 4).slice(0, MAX_SUB_DIRECTORIES);
  for (const offset of offsets) {
    const at = tiff.base + offset;
    if (!seen.has(at)) tolerate(() => readImage(readDirectory(tiff, at), tags));
    seen.add(at);
  }
}

/** An image's size, and where it lies if it is a JPEG of its own. */
function readImage(directory: Directory, tags: Tags): void {
  const { tiff } = directory;
  const width = tagNumber(directory, TAG.width) ?? 0;
  const height = tagNumber(directory, TAG.height) ?? 0;
  const size = width > 0 && height > 0 ? { width, height } : {};
  if ('width' in size && ((tagNumber(directory, TAG.newSubfileType) ?? 0) & 1) === 0) {
    tags.sizes.push({ width, height });
  }
  const crop = tagNumbers(directory, TAG.cropSize);
  if (crop[0] && crop[1]) tags.set('DefaultCropSize', [crop[0], crop[1]]);
  const [offset, length] = [tagNumber(directory, TAG.jpegOffset), tagNumber(directory, TAG.jpegLength)];
  if (offset && length) addJpeg(tiff, { offset, length, ...size }, tags);
  const [strips, lengths] = [tagNumbers(directory, TAG.stripOffsets), tagNumbers(directory, TAG.stripLengths)];
  const isJpeg = [6, 7].includes(tagNumber(directory, TAG.compression) ?? 0);
  const isRaw = [32803, 34892].includes(tagNumber(directory, TAG.photometric) ?? 0) || directory.entries.has(0xc640);
  if (isJpeg && !isRaw && strips.length === 1 && strips[0] && lengths[0]) {
    addJpeg(tiff, { offset: strips[0], length: lengths[0], ...size }, tags);
  }
}

function addJpeg({ base, bytes }: Tiff, jpeg: { offset: number; length: number; width?: number }, tags: Tags): void {
  const at = base + jpeg.offset;
  if (at < bytes.size) tags.jpegs.push({ ...jpeg, offset: at });
}

/** Panasonic's RAW has its maker notes only inside of the JPEG that it carries. */
function readPanasonicRaw(main: Directory, tags: Tags): void {
  const [top, left, bottom, right] = [4, 5, 6, 7].map((tag) => tagNumber(main, tag) ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  const { tiff } = main;
  tags.set('PanasonicRaw:Width', right - left > 0 ? right - left : undefined);
  tags.set('PanasonicRaw:Height', bottom - top > 0 ? bottom - top : undefined);
  tags.set('ISO', tagNumber(main, 0x17));
  const jpeg = main.entries.get(TAG.panasonicJpeg);
  if (!jpeg) return;
  tags.jpegs.push({ offset: jpeg.at, length: jpeg.length });
  readJpeg(tiff.bytes, jpeg.at, jpeg.at + jpeg.length, tags, { embedded: true });
}
