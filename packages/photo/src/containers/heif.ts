import { type Bytes, Damaged, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readXmp } from '../xmp.ts';
import { type Box, box, boxAt, boxes } from './boxes.ts';
import { readTiff } from './tiff.ts';

type Place = { at: number; length: number };

const MAX_ITEMS = 4096;

/** HEIC, HIF and AVIF: ISO/IEC 23008-12. Exif and XMP are items, wherever in the file they lie. */
export function readHeif(bytes: Bytes, tags: Tags): void {
  const found = box(bytes, { at: 0, end: bytes.size }, 'meta');
  const meta = { ...found, at: found.at + 4 };
  const types = itemTypes(bytes, box(bytes, meta, 'iinf'));
  const wanted = new Set([...types].filter(([, type]) => ['Exif', 'mime', 'jpeg'].includes(type)).map(([id]) => id));
  const places = itemPlaces(bytes, meta, wanted);
  tolerate(() => readSizes(bytes, meta, tags));
  for (const [id, type] of types) {
    const place = places.get(id);
    if (place && place.length > 0) tolerate(() => readItem(bytes, type, place, tags));
  }
}

function readItem(bytes: Bytes, type: string, { at, length }: Place, tags: Tags): void {
  if (type === 'Exif') readTiff(bytes, at + 4 + bytes.u32(at), at + length, tags);
  else if (type === 'mime') readXmp(bytes, at, length, tags);
  else if (type === 'jpeg') tags.jpegs.push({ offset: at, length });
}

function itemTypes(bytes: Bytes, { at, end }: Box): Map<number, string> {
  const version = bytes.u8(at);
  const types = new Map<number, string>();
  let next = at + (version === 0 ? 6 : 8);
  // Not `boxes`: a picture of 100 megapixels has more tiles than that allows.
  for (let index = 0; index < MAX_ITEMS && next + 8 <= end; index += 1) {
    const length = bytes.u32(next);
    if (length < 20 || next + length > end) break;
    const itemVersion = bytes.u8(next + 8);
    const wide = itemVersion >= 3 ? 4 : 2;
    const id = wide === 4 ? bytes.u32(next + 12) : bytes.u16(next + 12);
    if (itemVersion >= 2) types.set(id, bytes.latin(next + 12 + wide + 2, 4));
    next += length;
  }
  return types;
}

/** Where items lie. Those in pieces count as their first piece. */
function itemPlaces(bytes: Bytes, meta: { at: number; end: number }, wanted: ReadonlySet<number>): Map<number, Place> {
  const places = new Map<number, Place>();
  const { at, end } = box(bytes, meta, 'iloc');
  const version = bytes.u8(at);
  if (version > 2) throw new Damaged(`Item locations of version ${version}`);
  const sizes = bytes.u16(at + 4);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version > 0 ? sizes & 15 : 0;
  const idSize = version < 2 ? 2 : 4;
  const reader = { bytes, at: at + 6 };
  const count = Math.min(take(reader, idSize), MAX_ITEMS);
  for (let item = 0; item < count && reader.at < end; item += 1) {
    const id = take(reader, idSize);
    const method = version > 0 ? take(reader, 2) & 15 : 0;
    reader.at += 2;
    const base = take(reader, baseSize);
    const pieces = take(reader, 2);
    const first = reader.at;
    reader.at = first + pieces * (indexSize + offsetSize + lengthSize);
    if (!wanted.has(id) || pieces === 0 || method > 1) continue;
    const piece = { bytes, at: first + indexSize };
    const offset = base + take(piece, offsetSize);
    const length = take(piece, lengthSize);
    const from = method === 1 ? box(bytes, meta, 'idat').at : 0;
    places.set(id, { at: from + offset, length });
  }
  return places;
}

function take(reader: { bytes: Bytes; at: number }, size: number): number {
  const { bytes, at } = reader;
  reader.at += size;
  switch (size) {
    case 0:
      return 0;
    case 2:
      return bytes.u16(at);
    case 4:
      return bytes.u32(at);
    case 8:
      return bytes.u64(at);
    default:
      throw new Damaged(`A number of ${size} bytes`);
  }
}

/** The biggest of the sizes that pictures in the file have: tiles and thumbnails are smaller than the photo. */
function readSizes(bytes: Bytes, meta: { at: number; end: number }, tags: Tags): void {
  for (const { type, at } of boxes(bytes, ...range(boxAt(bytes, meta, ['iprp', 'ipco'])))) {
    if (type === 'ispe') tolerate(() => tags.sizes.push({ width: bytes.u32(at + 4), height: bytes.u32(at + 8) }));
    if (type === 'irot') tolerate(() => tags.set('HEIF:Rotation', bytes.u8(at) & 3));
  }
}

const range = ({ at, end }: Box): [number, number] => [at, end];
