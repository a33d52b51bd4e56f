import { type Directory, tagNumber, tagNumbers, tagTable, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openOwn } from './maker.ts';

const TAG = {
  date: 0x06,
  time: 0x07,
  autoBracketing: 0x18,
  frameNumber: 0x29,
  driveMode: 0x34,
  shutterCount: 0x5d,
  previewLength: 0x03,
  previewStart: 0x04,
  cameraSettings: 0x205,
  serialNumber: 0x229,
} as const;

export const pentax: Maker = {
  open(note) {
    const { start, tiff, entry } = note;
    if (start.startsWith('AOC\0')) {
      const order = start.slice(4, 6);
      const littleEndian = order === 'II' ? true : order === 'MM' ? false : tiff.littleEndian;
      return { tiff: { ...tiff, littleEndian }, at: entry.at + 6 };
    }
    if (start.startsWith('PENTAX \0')) return openOwn(note, 10, 8);
    return /^RICOH\0(II|MM)/.test(start) ? openOwn(note, 8, 6) : undefined;
  },
  read: readPentax,
};

function readPentax(notes: Directory, tags: Tags): void {
  tags.set('Pentax:AutoBracketing', tagNumbers(notes, TAG.autoBracketing));
  tags.set('Pentax:DriveMode', tagTable(notes, TAG.driveMode, 1));
  tags.set('Pentax:FrameNumber', tagNumber(notes, TAG.frameNumber));
  tags.set('Pentax:SerialNumber', tagText(notes, TAG.serialNumber));
  const settings = tagTable(notes, TAG.cameraSettings, 1);
  if (settings.length >= 10) {
    tags.set('Pentax:BracketFlags', settings[7]);
    tags.set('Pentax:BracketShotNumber', settings[9]);
  }
  tags.set('Pentax:ShutterCount', shutterCount(notes));
  const [length, offset] = [tagNumber(notes, TAG.previewLength), tagNumber(notes, TAG.previewStart)];
  if (length && offset) tags.jpegs.push({ offset: notes.tiff.base + offset, length });
}

/** The count is hidden behind the notes' own date and time. */
function shutterCount(notes: Directory): number | undefined {
  const [date, time, count] = [TAG.date, TAG.time, TAG.shutterCount].map((tag) => tagTable(notes, tag, 1));
  if (date?.length !== 4 || !time || time.length < 3 || count?.length !== 4) return undefined;
  const plain = word(count) ^ word(date) ^ ~word([...time.slice(0, 3), 0]);
  return plain >>> 0;
}

const word = (bytes: readonly number[]) => bytes.reduce((sum, byte) => (sum << 8) | byte, 0);

export function pentaxDrive(tags: Tags): Drive | undefined {
  const step = tags.number('Pentax:AutoBracketing');
  const shot = tags.number('Pentax:BracketShotNumber') ?? 0;
  const drive = tags.list('Pentax:DriveMode');
  if (step === undefined && drive === undefined) return undefined;
  const length = shot & 0x0f;
  if (length > 0) {
    return { kind: 'exposure', position: (shot >> 4) + 1, length, lengthFrom: 'tag', single: true };
  }
  // The step alone: its unit is in the upper bits, which stand there without a step as well.
  if (step !== undefined && (step & 0x0fff) !== 0) return { kind: 'exposure', single: true };
  return { kind: drive?.[0] ? 'burst' : 'none' };
}
