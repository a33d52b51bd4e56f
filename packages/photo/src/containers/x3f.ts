import { type Bytes, Damaged, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readJpeg } from './jpeg.ts';

const MAX_SECTIONS = 100;
const MAX_PROPERTIES = 200;
const MAX_LETTERS = 300;

/** Properties of Sigma's RAW by the names of Exif. Times are Unix seconds, exposure times microseconds. */
const PROPERTIES: Record<string, string> = {
  CAMMANUF: 'Make',
  CAMMODEL: 'Model',
  CAMSERIAL: 'SerialNumber',
  APERTURE: 'FNumber',
  ISO: 'ISO',
  EXPCOMP: 'ExposureCompensation',
  FLENGTH: 'FocalLength',
  BRACKET: 'Sigma:AutoBracket',
  DRIVE: 'Sigma:DriveMode',
  TIME: 'X3F:Seconds',
  EXPTIME: 'X3F:ExposureMicroseconds',
  SHUTTER: 'X3F:ShutterSeconds',
  FIRMVERS: 'Software',
};
const AS_TEXT = new Set(['Make', 'Model', 'SerialNumber', 'Sigma:AutoBracket', 'Sigma:DriveMode', 'Software']);

/** Sigma's RAW: a directory at the end of the file, found by its last four bytes. */
export function readX3f(bytes: Bytes, tags: Tags): void {
  tolerate(() => {
    const version = bytes.u32(4, true);
    const at = version >= 0x40000 ? 40 : 28;
    tags.sizes.push({ width: bytes.u32(at, true), height: bytes.u32(at + 4, true) });
  });
  const directory = bytes.u32(bytes.size - 4, true);
  if (!bytes.has(directory, 'SECd')) throw new Damaged('No directory of sections');
  const count = Math.min(bytes.u32(directory + 8, true), MAX_SECTIONS);
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 12 + index * 12;
    const [offset, length] = [bytes.u32(entry, true), bytes.u32(entry + 4, true)];
    const type = bytes.latin(entry + 8, 4);
    tolerate(() => {
      if (type === 'PROP') readProperties(bytes, offset, offset + length, tags);
      else if (type === 'IMA2' || type === 'IMAG') readPreview(bytes, offset, offset + length, tags);
    });
  }
}

/** Pairs of positions, counted in letters, into a table of zero-ended UTF-16 texts. */
function readProperties(bytes: Bytes, at: number, end: number, tags: Tags): void {
  const count = Math.min(bytes.u32(at + 8, true), MAX_PROPERTIES);
  const letters = at + 24 + count * 8;
  const textAt = (position: number) => {
    let text = '';
    for (let index = 0; index < MAX_LETTERS; index += 1) {
      const letter = letters + (position + index) * 2;
      const code = letter + 2 <= end ? bytes.u16(letter, true) : 0;
      if (code === 0) break;
      text += String.fromCharCode(code);
    }
    return text;
  };
  for (let index = 0; index < count; index += 1) {
    const pair = at + 24 + index * 8;
    const name = PROPERTIES[textAt(bytes.u32(pair, true))];
    if (name === undefined) continue;
    const value = textAt(bytes.u32(pair + 4, true));
    tags.set(name, AS_TEXT.has(name) || Number.isNaN(Number(value)) ? value : Number(value));
  }
}

/** Section of an image: type at 8, format at 12 (18 is JPEG), size at 16, the data at 28. */
function readPreview(bytes: Bytes, at: number, end: number, tags: Tags): void {
  if (bytes.u32(at + 12, true) !== 18) return;
  const [width, height] = [bytes.u32(at + 16, true), bytes.u32(at + 20, true)];
  tags.jpegs.push({ offset: at + 28, length: end - at - 28, width, height });
  readJpeg(bytes, at + 28, end, tags, { embedded: true });
}
