import { concat, cr3, heic, type Ifd, jpeg, jxl, latin, mrw, raf, tiff, u16, u32, x3f } from './build-photo.ts';

/** Tags that all makers write. */
export const main = (make: string, model: string): Ifd => ({ 271: make, 272: model, 274: 1, 305: 'Ver.1.0' });

export const exif = (notes: Uint8Array = new Uint8Array()): Ifd => ({
  33434: { rational: [[1, 60]] },
  33437: { rational: [[8, 1]] },
  34855: 100,
  36867: '2024:05:18 09:31:00',
  36881: '+02:00',
  37380: { rational: [[-2, 3]], signed: true },
  37500: notes,
  37521: '25',
  40962: 6000,
  40963: 4000,
  41986: 2,
  42033: 'B123456',
});

const block = (make: string, model: string, notes: Uint8Array, littleEndian = true) =>
  tiff({ ...main(make, model), 34665: exif(notes) }, { littleEndian });

/** A directory as maker notes have it, behind a header. Only for values of four bytes at most: those have no offset. */
const notes = (header: string | Uint8Array, ifd: Ifd): Uint8Array => concat(header, tiff(ifd).subarray(8));

const CANON: Ifd = { 8: 100_0123, 147: [14, 0, 0, 1, 64, 0, 0] };

const nikon = () => concat('Nikon\0\x02\x10\0\0', tiff({ 137: 17, 167: 12_210 }, { littleEndian: false }));

const cipher = (plain: readonly number[]) => Uint8Array.from(plain, (byte) => (byte < 249 ? byte ** 3 % 249 : byte));
const SONY_9400 = [
  0x26,
  ...cipher([0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 5]),
];

/** A file of every format and maker, by name. */
export function seeds(): [string, Uint8Array][] {
  const canon = block('Canon', 'Canon EOS R5', notes('', { 8: 100_0123 }));
  const apple = block('Apple', 'iPhone 15', notes('Apple iOS\0\0\x01II', { 10: 4 }));
  const adobe = concat('Adobe\0MakN', u32(26), 'II', u32(0), notes('', { 8: 100_0123 }));
  return [
    ['canon.jpg', jpeg(canon)],
    ['canon.cr2', canon],
    ['canon.cr3', cr3(main('Canon', 'Canon EOS R5'), exif(), CANON)],
    ['nikon.nef', block('NIKON CORPORATION', 'NIKON D7000', nikon(), false)],
    ['sony.arw', block('SONY', 'ILCE-7M3', notes('SONY DSC \0\0\0', { 45129: 5, 45130: 2, 37888: SONY_9400 }))],
    ['fujifilm.raf', raf(jpeg(block('FUJIFILM', 'X-T3', notes('FUJIFILM\x0c\0\0\0', { 4352: 1, 4353: 2 }))))],
    ['panasonic.rw2', tiff({ ...main('Panasonic', 'DMC-GF7'), 46: jpeg(panasonic()) }, { magic: 0x55 })],
    ['olympus.orf', tiff({ ...main('OLYMPUS', 'E-M1'), 34665: exif(olympus()) }, { magic: 0x4f52 })],
    ['pentax.pef', block('PENTAX', 'PENTAX K-5', notes('AOC\0II', { 24: 0x2003 }))],
    ['ricoh.dng', block('RICOH', 'GR', notes('Ricoh\0\0\0', { 4103: 9 }))],
    ['sigma.x3f', x3f({ CAMMANUF: 'SIGMA', CAMMODEL: 'SD10', TIME: '1064000000', BRACKET: '2 of 3', ISO: '100' })],
    ['phase-one.iiq', block('Phase One', 'IQ3 100MP', phaseOne())],
    ['minolta.mrw', mrw(block('Minolta Co., Ltd.', 'DiMAGE 7Hi', new Uint8Array(), false))],
    ['apple.heic', heic(apple)],
    ['apple.avif', heic(apple, 'avif')],
    ['photo.jxl', jxl(canon)],
    ['adobe.dng', tiff({ ...main('Canon', 'EOS R5'), 50706: latin('\x01\x04\0\0'), 50740: adobe, 34665: exif() })],
    [
      'sidecar.xmp',
      latin('<?xpacket?><x:xmpmeta crs:RawFileName="IMG_0001.CR3" photoshop:SidecarForExtension="CR3"/>'),
    ],
  ];
}

const panasonic = () => block('Panasonic', 'DMC-GF7', notes('Panasonic\0\0\0', { 42: 2, 43: 1, 69: 3 }));

function olympus(): Uint8Array {
  const header = concat('OLYMPUS\0II\x03\0');
  const settings = concat(
    u16(1, true),
    u16(0x0600, true),
    u16(3, true),
    u32(3, true),
    u32(60, true),
    u32(0),
    u16(5, true),
  );
  const table = concat(settings.subarray(0, 18), u16(5, true), u16(2, true), u16(1, true));
  // One entry of type IFD, then the directory that it leads to, at 30, and its value at 48.
  const first = concat(u16(1, true), u16(0x2020, true), u16(13, true), u32(1, true), u32(30, true), u32(0));
  const inner = concat(table.subarray(0, 10), u32(48, true), u32(0), table.subarray(18));
  return concat(header, first, inner);
}

function phaseOne(): Uint8Array {
  const entries: [number, number][] = [
    [611, 0],
    [612, 2],
    [613, 5],
  ];
  const rows = entries.map(([tag, value]) => concat(u32(tag, true), u32(4, true), u32(4, true), u32(value, true)));
  return concat('IIIITwaR', u32(12, true), u32(rows.length, true), u32(0), ...rows);
}
