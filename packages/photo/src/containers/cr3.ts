import { type Bytes, tolerate } from '../bytes.ts';
import { readCanon } from '../makers/canon.ts';
import type { Tags } from '../tags.ts';
import { type Box, box, boxAt, boxes } from './boxes.ts';
import { openTiff, readDirectory } from './ifd.ts';
import { readExif, readTiff } from './tiff.ts';

/** Canon's own box inside of `moov`, and the one that has the preview. */
const CANON = '85c0b687820f11e08111f4ce462b6a48';
const PREVIEW = 'eaf42b5e1c984b88b9fbb7dc406e4d16';

/** CR3: an ISO base media file with the directories of a CR2 as four TIFF structures. */
export function readCr3(bytes: Bytes, tags: Tags): void {
  const moov = box(bytes, { at: 0, end: bytes.size }, 'moov');
  for (const found of boxes(bytes, moov.at, moov.end)) {
    if (found.type === 'uuid' && uuidOf(bytes, found) === CANON) readCanonBox(bytes, found, tags);
  }
  tolerate(() => {
    const preview = box(bytes, { at: moov.end, end: bytes.size }, 'uuid');
    if (uuidOf(bytes, preview) === PREVIEW) readPreview(bytes, preview, tags);
  });
  tolerate(() => readFullSizeJpeg(bytes, moov, tags));
}

const uuidOf = (bytes: Bytes, { at }: Box) =>
  Array.from(bytes.slice(at, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');

function readCanonBox(bytes: Bytes, { at, end }: Box, tags: Tags): void {
  for (const { type, at: from, end: to } of boxes(bytes, at + 16, end)) {
    tolerate(() => {
      if (type === 'CMT1') readTiff(bytes, from, to, tags);
      else if (type === 'CMT2') readExif(firstDirectory(bytes, from, to), tags);
      else if (type === 'CMT3') readCanon(firstDirectory(bytes, from, to), tags);
    });
  }
}

function firstDirectory(bytes: Bytes, from: number, to: number) {
  const { tiff, first } = openTiff(bytes, from, to);
  return readDirectory(tiff, first);
}

/** Eight unknown bytes, then a box `PRVW`: width at 6, height at 8, length at 12, the JPEG at 16. */
function readPreview(bytes: Bytes, { at, end }: Box, tags: Tags): void {
  const preview = box(bytes, { at: at + 24, end }, 'PRVW');
  const [width, height] = [bytes.u16(preview.at + 6), bytes.u16(preview.at + 8)];
  tags.jpegs.push({ offset: preview.at + 16, length: bytes.u32(preview.at + 12), width, height });
}

/** The first track is the full-size JPEG. */
function readFullSizeJpeg(bytes: Bytes, moov: Box, tags: Tags): void {
  const samples = boxAt(bytes, moov, ['trak', 'mdia', 'minf', 'stbl']);
  const sizes = box(bytes, samples, 'stsz');
  const offsets = box(bytes, samples, 'co64');
  const description = box(bytes, samples, 'stsd');
  const length = bytes.u32(sizes.at + 4) || bytes.u32(sizes.at + 12);
  // A visual sample entry has its width 32 bytes after its own beginning.
  const entry = description.at + 8;
  const [width, height] = [bytes.u16(entry + 32), bytes.u16(entry + 34)];
  tags.jpegs.push({ offset: bytes.u64(offsets.at + 8), length, width, height });
}
