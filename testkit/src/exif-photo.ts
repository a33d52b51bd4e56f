/** What a camera writes about one exposure. */
export type Exposed = {
  /** Its clock. */
  takenAt: Date;
  /** One over this many seconds. */
  speed: number;
  /** Whether it belongs to an exposure bracket. */
  bracketed?: boolean;
};

type Entry = [tag: number, type: 2 | 3 | 4 | 5, value: string | number | [number, number]];

const SIZES = { 2: 1, 3: 2, 4: 4, 5: 8 } as const;

/** A small JPEG with the Exif of a camera, and without a picture. */
export function exifPhoto({ takenAt, speed, bracketed = false }: Exposed): Buffer {
  const time = takenAt.toISOString().replace(/^(\d+)-(\d+)-(\d+)T([\d:]+)\..*/, '$1:$2:$3 $4');
  const exif: Entry[] = [
    [0x829a, 5, [1, speed]],
    [0x829d, 5, [8, 1]],
    [0x8827, 3, 100],
    [0x9003, 2, time],
    [0xa402, 3, bracketed ? 2 : 0],
  ];
  const main: Entry[] = [
    [0x010f, 2, 'Canon'],
    [0x0110, 2, 'Canon EOS 5D'],
    [0x0112, 3, 1],
  ];
  const at = 8 + directory([...main, [0x8769, 4, 0]], 8).length;
  const header = Buffer.from('MM\0*\0\0\0\b', 'latin1');
  const tiff = Buffer.concat([header, directory([...main, [0x8769, 4, at]], 8), directory(exif, at)]);
  const app1 = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(app1.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe1]), length, app1, Buffer.from([0xff, 0xd9])]);
}

/** A directory of TIFF at this offset, big endian, with what its entries point to behind it. */
function directory(entries: readonly Entry[], at: number): Buffer {
  const head = Buffer.alloc(2 + entries.length * 12 + 4);
  head.writeUInt16BE(entries.length);
  const values: Buffer[] = [];
  let free = at + head.length;
  for (const [index, [tag, type, value]] of entries.entries()) {
    const place = 2 + index * 12;
    const bytes = bytesOf(type, value);
    head.writeUInt16BE(tag, place);
    head.writeUInt16BE(type, place + 2);
    head.writeUInt32BE(bytes.length / SIZES[type], place + 4);
    if (bytes.length <= 4) bytes.copy(head, place + 8);
    else {
      head.writeUInt32BE(free, place + 8);
      values.push(bytes);
      free += bytes.length;
    }
  }
  return Buffer.concat([head, ...values]);
}

function bytesOf(type: Entry[1], value: Entry[2]): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`, 'latin1');
  const bytes = Buffer.alloc(SIZES[type]);
  if (Array.isArray(value)) {
    bytes.writeUInt32BE(value[0]);
    bytes.writeUInt32BE(value[1], 4);
  } else if (type === 3) bytes.writeUInt16BE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}
