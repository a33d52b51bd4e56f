import { type Bytes, Damaged, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readXmp } from '../xmp.ts';
import { openTiff, readDirectory, tagNumber, tagTable } from './ifd.ts';
import { readTiff } from './tiff.ts';

/** More segments than any JPEG has before its image. */
const MAX_SEGMENTS = 200;

const EXIF = 'Exif\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const MPF = 'MPF\0';

type Segment = { marker: number; at: number; end: number };

/**
 * The segments before the image data. Markers without a length are passed over.
 * @throws {Damaged} where there is no JPEG.
 */
function* segments(bytes: Bytes, from: number, end: number): Generator<Segment> {
  if (bytes.u16(from) !== 0xffd8) throw new Damaged('No JPEG');
  let at = from + 2;
  for (let index = 0; index < MAX_SEGMENTS && at + 4 <= end; index += 1) {
    if (bytes.u8(at) !== 0xff) return;
    const marker = bytes.u8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return;
    const length = bytes.u16(at + 2);
    if (length < 2) return;
    const segment = { marker, at: at + 4, end: Math.min(at + 2 + length, end) };
    at += 2 + length;
    yield segment;
  }
}

/** A frame header that a browser can decode: baseline, extended or progressive; not the lossless one of RAW data. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xc2;
const isAnyFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/**
 * Reads a JPEG up to its image data.
 * @param embedded it is a preview inside of another file: its size and previews are not those of the photo.
 * @throws {Damaged} where there is no JPEG.
 */
export function readJpeg(
  bytes: Bytes,
  from: number,
  end: number,
  tags: Tags,
  { embedded = false }: { embedded?: boolean } = {},
): void {
  for (const { marker, at, end: segmentEnd } of segments(bytes, from, Math.min(end, bytes.size))) {
    if (isAnyFrame(marker)) {
      if (!embedded) tolerate(() => tags.set('JPEGSize', [bytes.u16(at + 3), bytes.u16(at + 1)]));
      return;
    }
    tolerate(() => {
      if (marker === 0xe1 && bytes.has(at, EXIF)) readTiff(bytes, at + 6, segmentEnd, tags);
      else if (marker === 0xe1 && bytes.has(at, XMP)) {
        readXmp(bytes, at + XMP.length, segmentEnd - at - XMP.length, tags);
      } else if (marker === 0xe2 && !embedded && bytes.has(at, MPF)) readMpf(bytes, at + MPF.length, segmentEnd, tags);
    });
  }
}

const MAX_IMAGES = 16;

/** CIPA DC-007, Multi-Picture Format: further pictures behind the first, previews among them. */
function readMpf(bytes: Bytes, base: number, end: number, tags: Tags): void {
  const { tiff, first } = openTiff(bytes, base, end);
  const directory = readDirectory(tiff, first);
  const table = tagTable(directory, 0xb002, 4);
  const count = Math.min(tagNumber(directory, 0xb001) ?? 0, MAX_IMAGES);
  for (let index = 1; index < count; index += 1) {
    const [length, offset] = [table[index * 4 + 1] ?? 0, table[index * 4 + 2] ?? 0];
    if (length > 0 && offset > 0) tags.jpegs.push({ offset: base + offset, length });
  }
}

/**
 * The pixel size of a JPEG inside of a file.
 * @throws {Damaged} where there is none that a browser can decode.
 */
export function jpegSize(bytes: Bytes, from: number, end: number): { width: number; height: number } {
  for (const { marker, at } of segments(bytes, from, Math.min(end, bytes.size))) {
    if (isFrame(marker) && bytes.u8(at) === 8) return { width: bytes.u16(at + 3), height: bytes.u16(at + 1) };
    if (isAnyFrame(marker)) break;
  }
  throw new Damaged('No JPEG that can be shown');
}
