import { type Directory, tagNumber, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type DriveKind, type Maker, openAt } from './maker.ts';

const TAG = {
  internalSerialNumber: 0x25,
  burstMode: 0x2a,
  sequenceNumber: 0x2b,
  bracketSettings: 0x45,
  hdr: 0x9e,
} as const;

export const panasonic: Maker = {
  open(note) {
    if (note.start.startsWith('Panasonic\0\0\0')) return openAt(note, 12);
    return /^LEICA\0\0\0/.test(note.start) && /^leica/i.test(note.make) ? openAt(note, 8) : undefined;
  },
  read: readPanasonic,
};

function readPanasonic(notes: Directory, tags: Tags): void {
  tags.set('Panasonic:BurstMode', tagNumber(notes, TAG.burstMode));
  tags.set('Panasonic:SequenceNumber', tagNumber(notes, TAG.sequenceNumber));
  tags.set('Panasonic:BracketSettings', tagNumber(notes, TAG.bracketSettings));
  tags.set('Panasonic:HDR', tagNumber(notes, TAG.hdr));
  tags.set('Panasonic:InternalSerialNumber', tagText(notes, TAG.internalSerialNumber));
}

const KINDS: Record<number, DriveKind> = { 0: 'none', 2: 'exposure', 3: 'focus', 8: 'wb', 18: 'aperture' };

export function panasonicDrive(tags: Tags): Drive | undefined {
  const mode = tags.number('Panasonic:BurstMode');
  if (mode === undefined) return undefined;
  const kind = KINDS[mode] ?? 'burst';
  const position = tags.number('Panasonic:SequenceNumber') ?? 0;
  const settings = tags.number('Panasonic:BracketSettings') ?? 0;
  const length = settings >= 1 && settings <= 6 ? 1 + 2 * Math.ceil(settings / 2) : undefined;
  return {
    kind,
    ...(kind !== 'none' && position > 0 ? { position } : {}),
    ...(kind === 'exposure' && length !== undefined ? { length, lengthFrom: 'tag' } : {}),
  };
}
