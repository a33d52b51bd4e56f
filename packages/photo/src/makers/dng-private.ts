import type { Entry, Tiff } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { readMakerNote } from './index.ts';

const MAX_BLOCKS = 32;
const HEADER = 'Adobe\0';

/**
 * A DNG that Adobe's converter made keeps the camera's maker notes in its private data: "MakN", a length, the byte
 * order, and the place where the notes began in the file that they were taken from.
 */
export function readAdobeMakerNote(tiff: Tiff, entry: Entry, tags: Tags): void {
  const { bytes } = tiff;
  if (!bytes.has(entry.at, HEADER)) return;
  const end = Math.min(entry.at + entry.length, tiff.end);
  let at = entry.at + HEADER.length;
  for (let index = 0; index < MAX_BLOCKS && at + 14 <= end; index += 1) {
    const [name, length] = [bytes.latin(at, 4), bytes.u32(at + 4)];
    if (name === 'MakN' && length > 6) {
      const note = at + 14;
      const own = { bytes, littleEndian: bytes.has(at + 8, 'II'), end: Math.min(at + 8 + length, end), base: 0 };
      own.base = note - bytes.u32(at + 10);
      readMakerNote(own, { tag: 0, type: 7, count: length - 6, at: note, length: own.end - note }, tags);
      return;
    }
    at += 8 + length + (length & 1);
  }
}
