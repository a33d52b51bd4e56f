/** Small files of every format that is read, made from tags, so that tests need no real ones. */

type Value =
  | string
  | number
  | readonly number[]
  | Uint8Array
  | { rational: readonly [number, number][]; signed?: boolean };
/** Tags of a directory; the key is the number. A number is a SHORT, or a LONG where it does not fit. */
export interface Ifd {
  readonly [tag: number]: Value | Ifd;
}

const isIfd = (value: Value | Ifd): value is Ifd =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array) && !('rational' in value);

export const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export function concat(...parts: (Uint8Array | string)[]): Uint8Array {
  const bytes = parts.map((part) => (typeof part === 'string' ? latin(part) : part));
  const whole = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function u32(value: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

export function u16(value: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, littleEndian);
  return bytes;
}

/** A number's own bytes, after its type and how many there are. */
function encoded(value: Value, le: boolean): { type: number; count: number; bytes: Uint8Array } {
  if (typeof value === 'string') return { type: 2, count: value.length + 1, bytes: concat(value, '\0') };
  if (value instanceof Uint8Array) return { type: 7, count: value.length, bytes: value };
  if (typeof value === 'object' && 'rational' in value) {
    const bytes = concat(...value.rational.flatMap(([a, b]) => [u32(a, le), u32(b, le)]));
    return { type: value.signed ? 10 : 5, count: value.rational.length, bytes };
  }
  const numbers = typeof value === 'number' ? [value] : value;
  const short = numbers.every((number) => number >= -0x8000 && number <= 0xffff);
  const bytes = concat(...numbers.map((number) => (short ? u16(number & 0xffff, le) : u32(number >>> 0, le))));
  return { type: short ? 3 : 4, count: numbers.length, bytes };
}

/** A directory that lies at `at`, with its values and the directories below it behind it. */
export function directory(ifd: Ifd, at: number, le: boolean): Uint8Array {
  const entries = Object.entries(ifd).map(([tag, value]) => ({ tag: Number(tag), value }));
  const size = 2 + entries.length * 12 + 4;
  const rows: Uint8Array[] = [u16(entries.length, le)];
  const behind: Uint8Array[] = [];
  let next = at + size;
  const put = (bytes: Uint8Array) => {
    const padded = bytes.length % 2 === 0 ? bytes : concat(bytes, '\0');
    behind.push(padded);
    next += padded.length;
    return next - padded.length;
  };
  for (const { tag, value } of entries) {
    if (isIfd(value)) {
      const inner = directory(value, next, le);
      rows.push(u16(tag, le), u16(4, le), u32(1, le), u32(put(inner), le));
      continue;
    }
    const { type, count, bytes } = encoded(value, le);
    const field = bytes.length <= 4 ? concat(bytes, new Uint8Array(4 - bytes.length)) : u32(put(bytes), le);
    rows.push(u16(tag, le), u16(type, le), u32(count, le), field);
  }
  return concat(...rows, u32(0), ...behind);
}

export function tiff(
  ifd: Ifd,
  { littleEndian: le = true, magic = 42 }: { littleEndian?: boolean; magic?: number } = {},
) {
  return concat(le ? 'II' : 'MM', u16(magic, le), u32(8, le), directory(ifd, 8, le));
}

const segment = (marker: number, content: Uint8Array) =>
  concat(Uint8Array.of(0xff, marker), u16(content.length + 2), content);

const frame = (width: number, height: number) =>
  segment(0xc0, concat('\x08', u16(height), u16(width), '\x03\x01\x22\0\x02\x11\x01\x03\x11\x01'));

export function jpeg(exif: Uint8Array, { width = 6000, height = 4000 }: { width?: number; height?: number } = {}) {
  const app1 = segment(0xe1, concat('Exif\0\0', exif));
  return concat('\xff\xd8', app1, frame(width, height), '\xff\xda\0\x08\x01\x01\0\0\x3f\0', 'image', '\xff\xd9');
}

const box = (type: string, ...content: (Uint8Array | string)[]): Uint8Array => {
  const inner = concat(...content);
  return concat(u32(inner.length + 8), type, inner);
};

/** A HEIC whose Exif lies at its end. */
export function heic(exif: Uint8Array, brand = 'heic'): Uint8Array {
  const ftyp = box('ftyp', brand, u32(0), 'mif1', brand);
  const infe = box('infe', '\x02\0\0\0', u16(1), u16(0), 'Exif', '\0');
  const iinf = box('iinf', u32(0), u16(1), infe);
  const ispe = box('ispe', u32(0), u32(4032), u32(3024));
  const iprp = box('iprp', box('ipco', ispe));
  const ilocOf = (offset: number) =>
    box('iloc', u32(0), '\x44\0', u16(1), u16(1), u16(0), u16(1), u32(offset), u32(exif.length + 4));
  const metaOf = (offset: number) => box('meta', u32(0), iinf, iprp, ilocOf(offset));
  const pixels = new Uint8Array(1000);
  const offset = ftyp.length + metaOf(0).length + 8 + pixels.length;
  return concat(ftyp, metaOf(offset), box('mdat', pixels, u32(0), exif));
}

const uuid = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export function cr3(main: Ifd, exif: Ifd, notes: Ifd): Uint8Array {
  const canon = [
    uuid('85c0b687820f11e08111f4ce462b6a48'),
    box('CMT1', tiff(main)),
    box('CMT2', tiff(exif)),
    box('CMT3', tiff(notes)),
  ];
  const preview = box('PRVW', u32(0), u16(1), u16(1620), u16(1080), u16(1), u32(8), 'previews');
  return concat(
    box('ftyp', 'crx ', u32(1), 'crx ', 'isom'),
    box('moov', box('uuid', ...canon)),
    box('uuid', uuid('eaf42b5e1c984b88b9fbb7dc406e4d16'), u32(0), u32(1), preview),
    box('mdat', new Uint8Array(100)),
  );
}

export function raf(embedded: Uint8Array): Uint8Array {
  const head = new Uint8Array(160);
  head.set(latin('FUJIFILMCCD-RAW 0201FF383501'));
  head.set(concat(u32(head.length), u32(embedded.length)), 84);
  return concat(head, embedded);
}

export function mrw(exif: Uint8Array): Uint8Array {
  const block = concat('\0TTW', u32(exif.length), exif);
  return concat('\0MRM', u32(block.length), block, new Uint8Array(100));
}

/** UTF-16 texts, each ended by a zero, and where each begins. */
export function x3f(properties: Readonly<Record<string, string>>): Uint8Array {
  const texts = Object.entries(properties).flat();
  const positions: number[] = [];
  let letters = '';
  for (const one of texts) {
    positions.push(letters.length);
    letters += `${one}\0`;
  }
  const head = concat('FOVb', u32(0x20003, true), new Uint8Array(20), u32(2640, true), u32(1760, true));
  const utf16 = concat(...[...letters].map((letter) => u16(letter.charCodeAt(0), true)));
  const section = concat(
    'SECp',
    u32(0x20000, true),
    u32(texts.length / 2, true),
    u32(0),
    u32(0),
    u32(letters.length, true),
    ...positions.map((position) => u32(position, true)),
    utf16,
  );
  const sectionEntry = concat(u32(head.length, true), u32(section.length, true), 'PROP');
  const at = head.length + section.length;
  return concat(head, section, 'SECd', u32(0x20000, true), u32(1, true), sectionEntry, u32(at, true));
}

export function jxl(exif: Uint8Array): Uint8Array {
  return concat(box('JXL ', '\r\n\x87\n'), box('ftyp', 'jxl ', u32(0), 'jxl '), box('Exif', u32(0), exif));
}
