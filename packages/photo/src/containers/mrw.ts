import { type Bytes, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readTiff } from './tiff.ts';

const MAX_BLOCKS = 32;

/** Minolta's RAW: blocks of a name and a length; one of them is a TIFF structure. */
export function readMrw(bytes: Bytes, tags: Tags): void {
  const littleEndian = bytes.has(0, '\0MRI');
  const end = Math.min(8 + bytes.u32(4, littleEndian), bytes.size);
  let at = 8;
  for (let index = 0; index < MAX_BLOCKS && at + 8 <= end; index += 1) {
    const length = bytes.u32(at + 4, littleEndian);
    const content = at + 8;
    const name = bytes.latin(at + 1, 3);
    tolerate(() => {
      if (name === 'TTW') readTiff(bytes, content, Math.min(content + length, bytes.size), tags);
      else if (name === 'PRD') {
        const [height, width] = [bytes.u16(content + 12, littleEndian), bytes.u16(content + 14, littleEndian)];
        tags.set('MRW:Size', [width, height]);
      }
    });
    at = content + length;
  }
}
