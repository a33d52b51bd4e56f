import { type Bytes, Damaged, text } from '../bytes.ts';
import type { Entry } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import type { Drive, DriveKind } from './maker.ts';

const MAX_ENTRIES = 300;
const MAX_TEXT = 200;

const NAMES: Record<number, string> = {
  256: 'PhaseOne:CameraOrientation',
  258: 'PhaseOne:SerialNumber',
  268: 'PhaseOne:ImageWidth',
  269: 'PhaseOne:ImageHeight',
  275: 'PhaseOne:ImageNumber',
  610: 'PhaseOne:SequenceID',
  611: 'PhaseOne:SequenceKind',
  612: 'PhaseOne:SequenceNumber',
  613: 'PhaseOne:SequenceCount',
};

/** Not a TIFF directory: entries of 16 bytes (tag, size of a number, length, value), behind a header of their own. */
export function readPhaseOne(bytes: Bytes, { at, length }: Entry, tags: Tags): void {
  const littleEndian = bytes.has(at, 'IIII');
  const end = Math.min(at + length, bytes.size);
  const directory = at + bytes.u32(at + 8, littleEndian);
  const count = bytes.u32(directory, littleEndian);
  if (count > MAX_ENTRIES || directory + 8 + count * 16 > end) throw new Damaged(`A directory of ${count} entries`);
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 8 + index * 16;
    const name = NAMES[bytes.u32(entry, littleEndian)];
    if (name === undefined) continue;
    const [format, size] = [bytes.u32(entry + 4, littleEndian), bytes.u32(entry + 8, littleEndian)];
    const valueAt = size > 4 ? at + bytes.u32(entry + 12, littleEndian) : entry + 12;
    if (valueAt + size > end) continue;
    const isText = format === 1;
    tags.set(
      name,
      isText ? text(bytes.slice(valueAt, Math.min(size, MAX_TEXT))) : bytes.u32(valueAt, littleEndian) | 0,
    );
  }
}

const KINDS: Record<number, DriveKind> = { 0: 'exposure', 1: 'aperture', 2: 'iso', 5: 'exposure', 6: 'focus' };

export function phaseOneDrive(tags: Tags): Drive | undefined {
  const length = tags.number('PhaseOne:SequenceCount') ?? 0;
  if (!tags.has('PhaseOne:SerialNumber') && length === 0) return undefined;
  if (length < 2) return { kind: 'none' };
  const position = tags.number('PhaseOne:SequenceNumber');
  const setId = tags.text('PhaseOne:SequenceID');
  return {
    kind: KINDS[tags.number('PhaseOne:SequenceKind') ?? -1] ?? 'unknown',
    ...(position === undefined ? {} : { position }),
    length,
    lengthFrom: 'tag',
    ...(setId === undefined ? {} : { setId }),
    single: true,
  };
}
