import { type Directory, type Entry, int16, tagNumber, tagTable, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import type { Drive, Maker } from './maker.ts';

const TAG = {
  cameraSettings: 0x01,
  shotInfo: 0x04,
  fileNumber: 0x08,
  serialNumber: 0x0c,
  imageUniqueId: 0x28,
  timeInfo: 0x35,
  fileInfo: 0x93,
  customFunctions: 0x99,
  hdrInfo: 0x4025,
  focusBracketing: 0x4053,
} as const;

export const canon: Maker = {
  open({ tiff, entry, make }) {
    if (!/^canon/i.test(make)) return undefined;
    // The last eight bytes are a TIFF header that tells where the notes lay when the camera wrote them.
    const footer = entry.at + entry.length - 8;
    const moved = tiff.bytes.has(footer, tiff.littleEndian ? 'II*\0' : 'MM\0*');
    const wasAt = moved ? tiff.bytes.u32(footer + 4, tiff.littleEndian) : 0;
    const base = wasAt > 0 ? entry.at - wasAt : tiff.base;
    return { tiff: { ...tiff, base }, at: entry.at };
  },
  read: readCanon,
};

export function readCanon(found: Directory, tags: Tags): void {
  const notes = replaced(found);
  const settings = checkedTable(notes, TAG.cameraSettings);
  tags.set('Canon:ContinuousDrive', settings[5]);
  const shot = checkedTable(notes, TAG.shotInfo);
  tags.set('Canon:AutoExposureBracketing', shot[16]);
  tags.set('Canon:AEBBracketValue', shot[17] === undefined ? undefined : canonEv(shot[17]));
  const file = checkedTable(notes, TAG.fileInfo);
  tags.set('Canon:BracketMode', file[3]);
  tags.set('Canon:BracketValue', file[4]);
  tags.set('Canon:BracketShotNumber', file[5]);
  tags.set('Canon:FileNumber', tagNumber(notes, TAG.fileNumber));
  tags.set('Canon:SerialNumber', tagNumber(notes, TAG.serialNumber));
  tags.set('Canon:TimeZone', signed32(tagTable(notes, TAG.timeInfo, 4)[1]));
  tags.set('Canon:HDR', tagTable(notes, TAG.hdrInfo, 4)[1]);
  tags.set('Canon:FocusBracketing', tagTable(notes, TAG.focusBracketing, 4)[1]);
  tags.set('Canon:ImageUniqueID', tagText(notes, TAG.imageUniqueId));
  readCustomFunctions(notes, tags);
}

/** Canon's tables begin with their own length in bytes. One that does not was moved without its offsets. */
function checkedTable(notes: Directory, tag: number): number[] {
  const table = tagTable(notes, tag, 2).map(int16);
  return table[0] === notes.entries.get(tag)?.length ? table : [];
}

/** What longer values there are begins right behind the directory and the four bytes after it. */
function replaced(notes: Directory): Directory {
  const { entries, tiff, end } = notes;
  const settings = entries.get(TAG.cameraSettings);
  if (!settings || checkedTable(notes, TAG.cameraSettings).length > 0) return notes;
  const apart = [...entries.values()].filter(({ length }) => length > 4);
  const shift = end + 4 - Math.min(...apart.map(({ at }) => at));
  const moved = apart.map((entry): [number, Entry] => [entry.tag, { ...entry, at: entry.at + shift }]);
  const inside = moved.filter(([, { at, length }]) => at >= 0 && at + length <= tiff.end);
  return { ...notes, entries: new Map([...entries, ...inside]) };
}

const signed32 = (value: number | undefined) => (value === undefined ? undefined : value | 0);

/** Thirds of a stop are 0x0c and 0x14 of 0x20. */
function canonEv(value: number): number {
  const size = Math.abs(value);
  const part = size & 0x1f;
  const fraction = part === 0x0c ? 0x20 / 3 : part === 0x14 ? 0x40 / 3 : part;
  return (Math.sign(value) * (size - part + fraction)) / 0x20;
}

const FUNCTION = { aebSequence: 0x105, aebShotCount: 0x106 } as const;
const MAX_GROUPS = 16;
const MAX_FUNCTIONS = 200;

/** Groups of functions: number, length and count of each group, then tag, number of values and the values. */
function readCustomFunctions(notes: Directory, tags: Tags): void {
  const words = tagTable(notes, TAG.customFunctions, 4);
  let at = 2;
  for (let group = 0; group < Math.min(words[1] ?? 0, MAX_GROUPS); group += 1) {
    const end = at + 1 + Math.floor((words[at + 1] ?? 0) / 4);
    const count = Math.min(words[at + 2] ?? 0, MAX_FUNCTIONS);
    let next = at + 3;
    for (let index = 0; index < count && next + 1 < words.length; index += 1) {
      const values = words.slice(next + 2, next + 2 + (words[next + 1] ?? 0));
      if (words[next] === FUNCTION.aebShotCount) tags.set('Canon:AEBShotCount', values);
      if (words[next] === FUNCTION.aebSequence) tags.set('Canon:AEBSequence', values);
      next += 2 + values.length;
    }
    at = Math.max(end, at + 3);
  }
}

const MODES: Record<number, Drive['kind']> = { 1: 'exposure', 2: 'focus', 3: 'iso', 4: 'wb' };

export function canonDrive(tags: Tags): Drive | undefined {
  const mode = tags.number('Canon:BracketMode') ?? 0;
  const compactIsOn = tags.number('Canon:AutoExposureBracketing') === -1;
  const kind =
    MODES[mode] ?? (compactIsOn ? 'exposure' : tags.number('Canon:FocusBracketing') === 1 ? 'focus' : undefined);
  const offset = tags.number('Canon:AEBBracketValue');
  const drive = tags.number('Canon:ContinuousDrive');
  if (kind === 'exposure') {
    const length = shotCount(tags);
    return {
      kind,
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length, lengthFrom: 'menu' }),
      ...(drive === 0 ? { single: true } : {}),
    };
  }
  if (kind) return { kind };
  if (offset === undefined && drive === undefined) return undefined;
  return { kind: drive ? 'burst' : 'none' };
}

/** Bodies with one value count 3, 2, 5, 7 by number; the EOS 90D says it plainly, as do those with two values. */
function shotCount(tags: Tags): number | undefined {
  const values = tags.list('Canon:AEBShotCount');
  const first = values?.[0];
  if (first === undefined) return undefined;
  const plain = values?.length === 2 || /\b90D\b/.test(tags.text('Model') ?? '');
  const count = plain ? first : [3, 2, 5, 7][first];
  return count !== undefined && count >= 2 && count <= 9 ? count : undefined;
}
