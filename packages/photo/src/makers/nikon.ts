import { type Directory, openTiff, tagNumber, tagTable, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openAt } from './maker.ts';

const TAG = {
  flashBracketValue: 0x18,
  bracketValue: 0x19,
  serialNumber: 0x1d,
  worldTime: 0x24,
  shootingMode: 0x89,
  serialText: 0xa0,
  shutterCount: 0xa7,
  multiExposure: 0xb0,
  fileInfo: 0xb8,
} as const;

export const nikon: Maker = {
  open(note) {
    const { tiff, entry, make, start } = note;
    if (start.startsWith('Nikon\0\x02')) {
      const { tiff: own, first } = openTiff(tiff.bytes, entry.at + 10, tiff.end);
      return { tiff: own, at: first };
    }
    // The notes of early compacts have other tags, none of which says anything about series.
    if (start.startsWith('Nikon\0') || !/^nikon/i.test(make)) return undefined;
    return openAt(note, 0);
  },
  read: readNikon,
};

function readNikon(notes: Directory, tags: Tags): void {
  tags.set('Nikon:ShootingMode', tagNumber(notes, TAG.shootingMode));
  tags.set('Nikon:ExposureBracketValue', tagNumber(notes, TAG.bracketValue));
  const [flash, numerator, denominator] = tagTable(notes, TAG.flashBracketValue, 1);
  if (flash !== undefined && numerator !== undefined && denominator) {
    tags.set('Nikon:FlashExposureBracketValue', (((flash << 24) >> 24) * numerator) / denominator);
  }
  tags.set('Nikon:SerialNumber', tagText(notes, TAG.serialNumber) ?? tagText(notes, TAG.serialText));
  tags.set('Nikon:ShutterCount', tagNumber(notes, TAG.shutterCount));
  const zone = tagTable(notes, TAG.worldTime, 2)[0];
  tags.set('Nikon:TimeZone', zone === undefined ? undefined : (zone << 16) >> 16);
  const file = tagTable(notes, TAG.fileInfo, 2);
  tags.set('Nikon:DirectoryNumber', file[3]);
  tags.set('Nikon:FileNumber', file[4]);
}

const MODE = { continuous: 1, exposureBracketing: 16, whiteBalance: 64, lighting: 256 } as const;

export function nikonDrive(tags: Tags): Drive | undefined {
  const mode = tags.number('Nikon:ShootingMode');
  if (mode === undefined) return undefined;
  const offset = tags.number('Nikon:ExposureBracketValue');
  if (mode & MODE.whiteBalance || mode & MODE.lighting) return { kind: 'wb' };
  if (mode & MODE.exposureBracketing) {
    const single = !(mode & MODE.continuous);
    return { kind: 'exposure', ...(offset === undefined ? {} : { offset }), ...(single ? { single } : {}) };
  }
  return { kind: mode & MODE.continuous ? 'burst' : 'none' };
}
