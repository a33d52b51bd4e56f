import { type Bytes, Damaged, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readXmp } from '../xmp.ts';
import { boxes } from './boxes.ts';
import { readCr3 } from './cr3.ts';
import { readHeif } from './heif.ts';
import { readMovie } from './movie.ts';
import { readTiff } from './tiff.ts';

const HEIF_BRANDS = new Set('heic heix heim heis hevc hevx mif1 msf1 mif2 miaf'.split(' '));
const AVIF_BRANDS = new Set(['avif', 'avis']);

/** What kind of file these bytes are, by their first box; undefined where they do not begin with one. */
export function isobmffFormat(bytes: Bytes): string | undefined {
  if (bytes.has(4, 'JXL ')) return 'jxl';
  if (!bytes.has(4, 'ftyp')) return ['moov', 'mdat', 'wide'].some((type) => bytes.has(4, type)) ? 'mov' : undefined;
  const end = Math.min(bytes.u32(0), 128, bytes.size);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(bytes.latin(at, 4));
  if (brands[0] === 'crx ') return 'cr3';
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return 'avif';
  if (brands.some((brand) => HEIF_BRANDS.has(brand))) return 'heic';
  return brands[0] === 'qt  ' ? 'mov' : 'mp4';
}

export function readIsobmff(bytes: Bytes, format: string, tags: Tags): void {
  if (format === 'cr3') readCr3(bytes, tags);
  else if (format === 'heic' || format === 'avif') readHeif(bytes, tags);
  else if (format === 'jxl') readJxl(bytes, tags);
  else readMovie(bytes, tags);
}

/** JPEG XL in a container, ISO/IEC 18181-2. Compressed boxes (`brob`) stay closed. */
function readJxl(bytes: Bytes, tags: Tags): void {
  let found = false;
  for (const { type, at, end } of boxes(bytes, 0, bytes.size)) {
    tolerate(() => {
      if (type === 'Exif') {
        readTiff(bytes, at + 4 + bytes.u32(at), end, tags);
        found = true;
      } else if (type === 'xml ') {
        readXmp(bytes, at, end - at, tags);
        found = true;
      }
    });
  }
  if (!found) throw new Damaged('No Exif in this JPEG XL');
}
