import { type Directory, tagNumber, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openOwn } from './maker.ts';

const TAG = {
  internalSerialNumber: 0x10,
  bracketing: 0x1100,
  sequenceNumber: 0x1101,
  driveSettings: 0x1103,
  filmMode: 0x1401,
  imageCount: 0x1438,
} as const;

export const fujifilm: Maker = {
  open(note) {
    if (!note.start.startsWith('FUJIFILM') && !note.start.startsWith('GENERALE')) return undefined;
    // Offsets count from the notes, and they are little-endian whatever the file is.
    const { tiff } = openOwn(note, 0);
    const own = { ...tiff, littleEndian: true };
    return { tiff: own, at: note.entry.at + own.bytes.u32(note.entry.at + 8, true) };
  },
  read: readFujifilm,
};

function readFujifilm(notes: Directory, tags: Tags): void {
  tags.set('FujiFilm:AutoBracketing', tagNumber(notes, TAG.bracketing));
  tags.set('FujiFilm:SequenceNumber', tagNumber(notes, TAG.sequenceNumber));
  tags.set('FujiFilm:DriveMode', tagNumber(notes, TAG.driveSettings));
  tags.set('FujiFilm:FilmMode', tagNumber(notes, TAG.filmMode));
  tags.set('FujiFilm:ImageCount', tagNumber(notes, TAG.imageCount));
  tags.set('FujiFilm:InternalSerialNumber', tagText(notes, TAG.internalSerialNumber));
}

export function fujifilmDrive(tags: Tags): Drive | undefined {
  const bracketing = tags.number('FujiFilm:AutoBracketing');
  if (bracketing === undefined) return undefined;
  const number = tags.number('FujiFilm:SequenceNumber');
  const position = number !== undefined && number > 0 ? { position: number } : {};
  // The same value stands for exposure, film simulation and white balance: the frames themselves tell which.
  if (bracketing === 1) return { kind: 'exposure', ...position };
  if (bracketing === 6) return { kind: 'pixelshift', ...position };
  return { kind: ((tags.number('FujiFilm:DriveMode') ?? 0) & 0xff) !== 0 ? 'burst' : 'none', ...position };
}
