import { type Directory, tagNumber, tagTable } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type DriveKind, type Maker, openAt } from './maker.ts';

const TAG = {
  cameraSettings: 0x114,
  hdr: 0x200a,
  noiseReductionFrames: 0x200b,
  pixelShift: 0x202f,
  tag9400: 0x9400,
  releaseMode: 0xb049,
  sequenceNumber: 0xb04a,
} as const;

export const sony: Maker = {
  open(note) {
    if (/^(SONY|VHAB)/.test(note.start)) return openAt(note, 12);
    if (note.start.startsWith('\0\0SONY PIC\0')) return undefined;
    return /^(sony|hasselblad)/i.test(note.make) ? openAt(note, 0) : undefined;
  },
  read: readSony,
};

function readSony(notes: Directory, tags: Tags): void {
  tags.set('Sony:ReleaseMode', tagNumber(notes, TAG.releaseMode));
  tags.set('Sony:SequenceNumber', tagNumber(notes, TAG.sequenceNumber));
  tags.set('Sony:HDR', tagNumber(notes, TAG.hdr));
  tags.set('Sony:MultiFrameNoiseReduction', tagNumber(notes, TAG.noiseReductionFrames));
  const shift = tagTable(notes, TAG.pixelShift, 1);
  if (shift.some((byte) => byte !== 0)) tags.set('Sony:PixelShift', 1);
  readTag9400(notes, tags);
  readCameraSettings(notes, tags);
}

/** Each byte below 249 is the cube of what it stands for, modulo 249. */
const PLAIN = new Uint8Array(256).map((_, byte) => byte);
for (let byte = 0; byte < 249; byte += 1) PLAIN[byte ** 3 % 249] = byte;

type Layout = { mode: number; image: number; lengths: readonly number[] };

const LAYOUT_A: Layout = { mode: 0x10, image: 0x08, lengths: [0x22] };
const LAYOUT_B: Layout = { mode: 0x10, image: 0x08, lengths: [0x1e] };
const LAYOUT_C: Layout = { mode: 0x09, image: 0x12, lengths: [0x16, 0x1e] };

/** By the first byte, as it is stored. From 0x23 on every body has the third layout. */
function layoutOf(first: number): Layout | undefined {
  if ([0x07, 0x09, 0x0a].includes(first)) return LAYOUT_A;
  if (first === 0x0c) return LAYOUT_B;
  return first >= 0x23 && first <= 0x41 ? LAYOUT_C : undefined;
}

/** The first bytes of blocks that were enciphered twice, by a fault of some bodies. */
const TWICE: Record<number, number> = { 94: 0x07, 231: 0x09, 4: 0x0a };

function readTag9400(notes: Directory, tags: Tags): void {
  const stored = tagTable(notes, TAG.tag9400, 1);
  const twice = TWICE[stored[0] ?? -1];
  const layout = layoutOf(twice ?? stored[0] ?? -1);
  if (!layout) return;
  const once = stored.map((byte) => PLAIN[byte] as number);
  const plain = twice === undefined ? once : once.map((byte) => PLAIN[byte] as number);
  tags.set('Sony:ReleaseMode2', plain[layout.mode]);
  const [a, b, c, d] = plain.slice(layout.image, layout.image + 4);
  if (d !== undefined) {
    tags.set('Sony:SequenceImageNumber', (a as number) + (b as number) * 256 + (c as number) * 65536 + d * 2 ** 24 + 1);
  }
  const lengths = layout.lengths.map((at) => plain[at]).filter((value) => value !== undefined);
  tags.set('Sony:SequenceLength', lengths.length > 0 ? lengths : undefined);
}

/** DSLR-A bodies: a table of two-byte words, big-endian whatever the file is. */
function readCameraSettings(notes: Directory, tags: Tags): void {
  const entry = notes.entries.get(TAG.cameraSettings);
  const { bytes } = notes.tiff;
  if (!entry || ![280, 364].includes(entry.length)) return;
  const word = (index: number) => bytes.u16(entry.at + index * 2);
  tags.set('Sony:DriveMode', word(0x04));
  tags.set('Sony:ExposureBracketShotNumber', word(0x2f));
}

const MODE_KINDS: Record<number, DriveKind> = { 2: 'burst', 5: 'exposure', 6: 'wb', 8: 'wb' };
const MODE2_KINDS: Record<number, DriveKind> = { 2: 'exposure', 3: 'wb', 23: 'exposure', 0: 'none' };
/** Two files of one press: the camera merged one of them. */
const CONTINUOUS = new Set([1, 5, 17, 19, 26, 27, 29, 33]);

export function sonyDrive(tags: Tags): Drive | undefined {
  const [mode, mode2] = [tags.number('Sony:ReleaseMode'), tags.number('Sony:ReleaseMode2')];
  const old = oldDrive(tags);
  if (mode === undefined && mode2 === undefined) return old;
  const kind = kindOf(mode, mode2, tags);
  const position = tags.number('Sony:SequenceImageNumber') ?? positive(tags.number('Sony:SequenceNumber'));
  const lengths = (tags.list('Sony:SequenceLength') ?? []).filter((length) => length >= 2 && length < 100);
  const inSeries = kind !== 'none' && kind !== 'unknown';
  return {
    kind,
    ...(inSeries && position !== undefined && position < 1000 ? { position } : {}),
    ...(inSeries && kind !== 'burst' && lengths.length > 0 ? { length: Math.max(...lengths), lengthFrom: 'tag' } : {}),
    ...(mode2 === 23 ? { single: true } : {}),
  };
}

function kindOf(mode: number | undefined, mode2: number | undefined, tags: Tags): DriveKind {
  if (tags.number('Sony:PixelShift') === 1) return 'pixelshift';
  const kind = MODE_KINDS[mode ?? -1] ?? MODE2_KINDS[mode2 ?? -1];
  const bracketed = kind === 'exposure' || mode2 === 23 || mode2 === 2;
  // A focus bracket has the tags of an exposure bracket, but the camera does not call its exposure bracketed.
  if (bracketed && kind !== 'wb') {
    const exposureMode = tags.number('ExposureMode');
    return mode2 === 23 && exposureMode !== undefined && exposureMode !== 2 ? 'focus' : 'exposure';
  }
  if (kind) return kind;
  return CONTINUOUS.has(mode2 ?? -1) ? 'burst' : 'unknown';
}

/** Continuous bracketing is 7, one by one 6. */
function oldDrive(tags: Tags): Drive | undefined {
  const mode = tags.number('Sony:DriveMode');
  if (mode === undefined) return undefined;
  if (mode !== 6 && mode !== 7) return { kind: 'none' };
  const number = tags.number('Sony:ExposureBracketShotNumber');
  return {
    kind: 'exposure',
    ...(number === undefined || number > 20 ? {} : { position: number + 1 }),
    ...(mode === 6 ? { single: true } : {}),
  };
}

const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined);
