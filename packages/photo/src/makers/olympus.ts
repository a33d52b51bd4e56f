import { tolerate } from '../bytes.ts';
import { type Directory, readDirectory, tagNumber, tagNumbers, tagTable, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openAt, openOwn } from './maker.ts';

const TAG = {
  oldSerialNumber: 0x0404,
  equipment: 0x2010,
  cameraSettings: 0x2020,
  serialNumber: 0x0101,
  previewStart: 0x0101,
  previewLength: 0x0102,
  driveMode: 0x0600,
  panoramaMode: 0x0601,
  stackedImage: 0x0804,
} as const;

export const olympus: Maker = {
  open(note) {
    if (note.start.startsWith('OLYMPUS\0')) return openOwn(note, 12, 8);
    if (note.start.startsWith('OM SYSTEM\0')) return openOwn(note, 16, 12);
    return /^(OLYMP|EPSON)\0/.test(note.start) ? openAt(note, 8) : undefined;
  },
  read: readOlympus,
};

function readOlympus(notes: Directory, tags: Tags): void {
  tolerate(() => tags.set('Olympus:SerialNumber', tagText(subDirectory(notes, TAG.equipment), TAG.serialNumber)));
  tags.set('Olympus:SerialNumber', tagText(notes, TAG.oldSerialNumber));
  const settings = subDirectory(notes, TAG.cameraSettings);
  tags.set('Olympus:DriveMode', tagNumbers(settings, TAG.driveMode));
  tags.set('Olympus:PanoramaMode', tagNumbers(settings, TAG.panoramaMode));
  tags.set('Olympus:StackedImage', tagNumbers(settings, TAG.stackedImage));
  const [offset, length] = [tagNumber(settings, TAG.previewStart), tagNumber(settings, TAG.previewLength)];
  if (offset && length) tags.jpegs.push({ offset: notes.tiff.base + offset, length });
}

/** Newer bodies tell where it is; older ones put the directory into the value itself. */
function subDirectory(notes: Directory, tag: number): Directory {
  const entry = notes.entries.get(tag);
  const isPointer = entry && (entry.type === 13 || entry.type === 4);
  const at = isPointer ? notes.tiff.base + (tagTable(notes, tag, 4)[0] ?? 0) : (entry?.at ?? -1);
  return readDirectory(notes.tiff, at);
}

const BITS = { exposure: 1, whiteBalance: 2, flash: 4, iso: 16, exposureAuto: 32, focus: 64 } as const;

export function olympusDrive(tags: Tags): Drive | undefined {
  const [mode, shot = 0, bits = 0] = tags.list('Olympus:DriveMode') ?? [];
  if (mode === undefined) return undefined;
  const position = shot > 0 ? { position: shot } : {};
  if (mode === 2 || mode === 4) return { kind: 'exposure', ...position, single: true };
  if (mode === 3) return { kind: 'wb', ...position };
  if (mode === 5) {
    if (bits & BITS.focus) return { kind: 'focus', ...position };
    if (bits & (BITS.exposure | BITS.exposureAuto)) return { kind: 'exposure', ...position, single: true };
    if (bits & BITS.iso) return { kind: 'iso', ...position };
    if (bits & BITS.whiteBalance) return { kind: 'wb', ...position };
    return { kind: bits & BITS.flash ? 'flash' : 'unknown', ...position };
  }
  return mode === 0 ? { kind: 'none' } : { kind: 'burst', ...position };
}
