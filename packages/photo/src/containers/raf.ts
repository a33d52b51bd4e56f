import { type Bytes, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readJpeg } from './jpeg.ts';

const MAX_RECORDS = 64;

/** Fujifilm's RAW: a whole JPEG, which has all tags, and the raw data behind it. */
export function readRaf(bytes: Bytes, tags: Tags): void {
  const [offset, length] = [bytes.u32(84), bytes.u32(88)];
  tags.jpegs.push({ offset, length });
  readJpeg(bytes, offset, offset + length, tags, { embedded: true });
  tolerate(() => readRecords(bytes, bytes.u32(0x5c), tags));
}

/** Records of the raw data: tag and length of two bytes each. 0x100 is the full size, 0x111 that after the crop. */
function readRecords(bytes: Bytes, at: number, tags: Tags): void {
  if (at === 0) return;
  const count = Math.min(bytes.u32(at), MAX_RECORDS);
  let next = at + 4;
  for (let index = 0; index < count; index += 1) {
    const [tag, length] = [bytes.u16(next), bytes.u16(next + 2)];
    if ((tag === 0x100 || tag === 0x111) && length >= 4) {
      const [height, width] = [bytes.u16(next + 4), bytes.u16(next + 6)];
      tags.set(tag === 0x100 ? 'RAF:FullSize' : 'RAF:CroppedSize', [width, height]);
    }
    next += 4 + length;
  }
}
