import { type Bytes, Damaged, text } from '../bytes.ts';
import type { TagValue } from '../tags.ts';

/** A TIFF structure inside of a file: where its offsets count from, where it ends, its byte order. */
export type Tiff = { bytes: Bytes; base: number; end: number; littleEndian: boolean };

/** An entry of a directory, its value not read yet. `at` is where the value lies in the file. */
export type Entry = { tag: number; type: number; count: number; at: number; length: number };

/** `next` is the offset of the directory after it, 0 for none; `end` is where its own entries end, in the file. */
export type Directory = { entries: Map<number, Entry>; next: number; end: number; tiff: Tiff };

const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** More entries than any camera writes. */
const MAX_ENTRIES = 1000;
/** Values in a row that are read: the longest that anything here needs is a table of some hundred numbers. */
const MAX_COUNT = 4096;

/**
 * Reads a directory's entries. Those whose value does not lie inside of the structure are left out.
 * @param at from the beginning of the file.
 * @throws {Damaged} where there is no directory.
 */
export function readDirectory(tiff: Tiff, at: number): Directory {
  const { bytes, littleEndian, end } = tiff;
  if (at < 0 || at + 2 > end) throw new Damaged('The directory lies outside of its structure');
  const count = bytes.u16(at, littleEndian);
  if (count === 0 || count > MAX_ENTRIES) throw new Damaged(`A directory of ${count} entries`);
  const entries = new Map<number, Entry>();
  const present = Math.min(count, Math.floor((end - at - 2) / 12));
  for (let index = 0; index < present; index += 1) {
    const entry = readEntry(tiff, at + 2 + index * 12);
    if (entry && !entries.has(entry.tag)) entries.set(entry.tag, entry);
  }
  const nextAt = at + 2 + count * 12;
  const next = present === count && nextAt + 4 <= end ? bytes.u32(nextAt, littleEndian) : 0;
  return { entries, next, end: nextAt, tiff };
}

function readEntry({ bytes, base, end, littleEndian }: Tiff, at: number): Entry | undefined {
  const type = bytes.u16(at + 2, littleEndian);
  const count = bytes.u32(at + 4, littleEndian);
  const length = (SIZES[type] ?? 0) * count;
  if (length === 0) return undefined;
  const valueAt = length <= 4 ? at + 8 : base + bytes.u32(at + 8, littleEndian);
  if (valueAt + length > end && type !== 7) return undefined;
  if (valueAt >= end) return undefined;
  return { tag: bytes.u16(at, littleEndian), type, count, at: valueAt, length: Math.min(length, end - valueAt) };
}

/** Reads an entry's value: text, a number, numbers, or bytes for type "undefined". */
function readValue({ bytes, littleEndian }: Tiff, { type, count, at, length }: Entry): TagValue | undefined {
  if (type === 2) return text(bytes.slice(at, Math.min(length, MAX_COUNT)));
  if (type === 7) return bytes.slice(at, Math.min(length, MAX_COUNT));
  const size = SIZES[type] as number;
  const values: number[] = [];
  const present = Math.min(count, MAX_COUNT, Math.floor(length / size));
  for (let index = 0; index < present; index += 1) {
    values.push(readNumber(bytes, at + index * size, type, littleEndian));
  }
  return values.length === 1 ? values[0] : values;
}

function readNumber(bytes: Bytes, at: number, type: number, littleEndian: boolean): number {
  switch (type) {
    case 3:
      return bytes.u16(at, littleEndian);
    case 4:
    case 13:
      return bytes.u32(at, littleEndian);
    case 5:
      return bytes.u32(at, littleEndian) / bytes.u32(at + 4, littleEndian);
    case 6:
      return (bytes.u8(at) << 24) >> 24;
    case 8:
      return int16(bytes.u16(at, littleEndian));
    case 9:
      return bytes.u32(at, littleEndian) | 0;
    case 10:
      return (bytes.u32(at, littleEndian) | 0) / (bytes.u32(at + 4, littleEndian) | 0);
    case 11:
      return bytes.f32(at, littleEndian);
    case 12:
      return bytes.f64(at, littleEndian);
    case 16:
    case 17:
    case 18:
      return bytes.u64(at, littleEndian);
    default:
      return bytes.u8(at);
  }
}

export const int16 = (value: number) => (value << 16) >> 16;

/** The value of a directory's tag; undefined where it has none. */
export function tagValue({ entries, tiff }: Directory, tag: number): TagValue | undefined {
  const entry = entries.get(tag);
  return entry && readValue(tiff, entry);
}

/** The same, where it is one number or the first of several. */
export function tagNumber(directory: Directory, tag: number): number | undefined {
  const value = tagValue(directory, tag);
  return typeof value === 'number' ? value : Array.isArray(value) ? value[0] : undefined;
}

/** All numbers of a tag. */
export function tagNumbers(directory: Directory, tag: number): readonly number[] {
  const value = tagValue(directory, tag);
  return typeof value === 'number' ? [value] : Array.isArray(value) ? value : [];
}

/**
 * The same numbers read as another type than the directory says: makers call tables of numbers "undefined".
 * @param size of each, in bytes.
 */
export function tagTable(directory: Directory, tag: number, size: 1 | 2 | 4): number[] {
  const entry = directory.entries.get(tag);
  if (!entry) return [];
  const { bytes, littleEndian } = directory.tiff;
  const read = size === 1 ? bytes.u8 : size === 2 ? bytes.u16 : bytes.u32;
  const count = Math.min(Math.floor(entry.length / size), MAX_COUNT);
  return Array.from({ length: count }, (_, index) => read.call(bytes, entry.at + index * size, littleEndian));
}

/** A tag that is text in fact, whatever type it has. */
export function tagText(directory: Directory, tag: number): string | undefined {
  const value = tagValue(directory, tag);
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return text(value);
  return undefined;
}

/** Finds a structure's byte order and its first directory. @throws {Damaged} where there is no TIFF header. */
export function openTiff(bytes: Bytes, base: number, end: number): { tiff: Tiff; magic: number; first: number } {
  const order = bytes.latin(base, 2);
  if (order !== 'II' && order !== 'MM') throw new Damaged('No TIFF header');
  const littleEndian = order === 'II';
  const magic = bytes.u16(base + 2, littleEndian);
  return { tiff: { bytes, base, end, littleEndian }, magic, first: base + bytes.u32(base + 4, littleEndian) };
}
