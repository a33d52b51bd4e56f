import { type Bytes, Damaged } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { readXmp } from '../xmp.ts';
import { isobmffFormat, readIsobmff } from './isobmff.ts';
import { readJpeg } from './jpeg.ts';
import { readMrw } from './mrw.ts';
import { readRaf } from './raf.ts';
import { readTiff } from './tiff.ts';
import { readX3f } from './x3f.ts';

/** A file format that is built of TIFF directories, by the extension that cameras give it. */
const TIFF_BASED = new Set(
  'tif tiff dng cr2 nef nrw arw sr2 srf rw2 rwl raw orf ori pef srw iiq 3fr fff dcr kdc erf mef mos gpr'.split(' '),
);

/** Not a photo that this package knows; the message says what it seems to be. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';
}

const FOREIGN: readonly [string, number, string][] = [
  ['\x89PNG', 0, 'PNG'],
  ['GIF8', 0, 'GIF'],
  ['RIFF', 0, 'RIFF'],
  ['8BPS', 0, 'Photoshop'],
  ['HEAPCCDR', 6, 'CRW'],
  ['%PDF', 0, 'PDF'],
  ['PK\x03\x04', 0, 'ZIP'],
  ['\xff\x0a', 0, 'JPEG XL without a container'],
];

/** The format by the file's first bytes. @throws {UnknownFormat} where it is none of those that are read here. */
function formatOf(bytes: Bytes): string {
  if (bytes.size === 0) throw new UnknownFormat('The file is empty');
  if (bytes.has(0, '\xff\xd8')) return 'jpeg';
  if (bytes.has(0, 'FUJIFILMCCD-RAW')) return 'raf';
  if (bytes.has(0, 'FOVb')) return 'x3f';
  if (bytes.has(0, '\0MRM') || bytes.has(0, '\0MRI')) return 'mrw';
  for (const [text, at, name] of FOREIGN) {
    if (bytes.has(at, text)) throw new UnknownFormat(`${name} files are not read for facts`);
  }
  if (bytes.has(0, 'II') || bytes.has(0, 'MM')) return 'tiff';
  const isobmff = isobmffFormat(bytes);
  if (isobmff) return isobmff;
  if (/^(\xef\xbb\xbf)?\s*<(\?xpacket|\?xml|x:xmpmeta|rdf:RDF)/.test(bytes.latin(0, Math.min(64, bytes.size)))) {
    return 'xmp';
  }
  throw new UnknownFormat(
    'Its first bytes are those of no photo format: it is damaged, encrypted or another kind of file',
  );
}

/**
 * Reads whatever the file is.
 * @returns its format, as an extension in lower case.
 * @throws {UnknownFormat} for bytes that are not a photo.
 * @throws {Damaged} where nothing could be read.
 */
export function readFile(bytes: Bytes, name: string, tags: Tags): string {
  const format = formatOf(bytes);
  switch (format) {
    case 'jpeg':
      readJpeg(bytes, 0, bytes.size, tags);
      return format;
    case 'raf':
      readRaf(bytes, tags);
      return format;
    case 'x3f':
      readX3f(bytes, tags);
      return format;
    case 'mrw':
      readMrw(bytes, tags);
      return format;
    case 'tiff':
      readTiff(bytes, 0, bytes.size, tags);
      return tiffFormat(bytes, name, tags);
    case 'xmp':
      readXmp(bytes, 0, bytes.size, tags);
      return format;
    default:
      readIsobmff(bytes, format, tags);
      return format;
  }
}

function tiffFormat(bytes: Bytes, name: string, tags: Tags): string {
  if (bytes.has(8, 'CR')) return 'cr2';
  if (tags.has('DNGVersion')) return 'dng';
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (TIFF_BASED.has(extension)) return extension === 'tif' ? 'tiff' : extension;
  if (bytes.has(0, 'IIU\0')) return 'rw2';
  if (bytes.has(2, 'RO') || bytes.has(2, 'RS') || bytes.has(2, 'OR')) return 'orf';
  if (!tags.has('Make')) throw new Damaged('A TIFF without a camera');
  return 'tiff';
}
