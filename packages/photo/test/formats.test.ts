/** A file of every format and maker says what was written into it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PhotoFacts, previewRange, readPhoto } from '../src/index.ts';
import { concat, directory, jpeg, latin, tiff, u16, u32 } from './support/build-photo.ts';
import { memorySource } from './support/samples.ts';
import { exif, main, seeds } from './support/seeds.ts';

const DRIVES: Record<string, PhotoFacts['drive']> = {
  'canon.cr3': { kind: 'exposure' },
  'nikon.nef': { kind: 'exposure' },
  'sony.arw': { kind: 'exposure', position: 2 },
  'fujifilm.raf': { kind: 'exposure', position: 2 },
  'panasonic.rw2': { kind: 'exposure', position: 1, length: 5, lengthFrom: 'tag' },
  'olympus.orf': { kind: 'exposure', position: 2, single: true },
  'pentax.pef': { kind: 'exposure', single: true },
  'ricoh.dng': { kind: 'exposure' },
  'sigma.x3f': { kind: 'exposure', position: 2, length: 3, lengthFrom: 'tag' },
  'phase-one.iiq': { kind: 'exposure', position: 2, length: 5, lengthFrom: 'tag', single: true },
};

const read = (bytes: Uint8Array, name: string) => readPhoto(memorySource(bytes), name);

for (const [name, bytes] of seeds()) {
  test(`${name} is read`, async () => {
    const facts = await read(bytes, name);
    assert.equal(facts.reason, undefined);
    assert.equal(facts.format, name === 'canon.jpg' ? 'jpeg' : name.slice(name.indexOf('.') + 1));
    assert.deepEqual(facts.drive, DRIVES[name]);
    if (facts.kind === 'sidecar') {
      assert.deepEqual(facts.ids, { rawFileName: 'IMG_0001.CR3', sidecarFor: 'CR3' });
    } else if (name === 'sigma.x3f') {
      assert.deepEqual(facts.time, { ms: 1_064_000_000_000, resolutionMs: 1000 });
    } else {
      assert.deepEqual(facts.time, { ms: Date.UTC(2024, 4, 18, 9, 31, 0, 250), resolutionMs: 10, zoneMinutes: 120 });
      assert.equal(facts.exposure?.seconds, 1 / 60);
      assert.equal(facts.exposure?.mode, 2);
      assert.equal(facts.camera?.serial, 'B123456');
    }
  });
}

test('counters and offsets are those of the makers', async () => {
  const files = new Map(seeds());
  const facts = async (name: string) => read(files.get(name) as Uint8Array, name);
  assert.deepEqual((await facts('canon.cr3')).counter, { value: 123, modulo: 9999, from: 'Canon:FileNumber' });
  assert.deepEqual((await facts('adobe.dng')).counter, { value: 123, modulo: 9999, from: 'Canon:FileNumber' });
  assert.deepEqual((await facts('nikon.nef')).counter, { value: 12_210, from: 'Nikon:ShutterCount' });
});

const REASONS: [string, Uint8Array, RegExp][] = [
  ['empty.jpg', new Uint8Array(), /empty/],
  ['zeros.nef', new Uint8Array(100_000), /no photo format/],
  ['text.cr2', latin('This is not a photo, but a text with such a name.'), /no photo format/],
  ['picture.png', latin('\x89PNG\r\n\x1a\n'), /PNG/],
  ['cut.nef', latin('MM\0*\0\0'), /damaged|cut/],
  // Its directory leads to itself, and says so twice.
  [
    'looping.dng',
    concat(
      'II*\0',
      u32(8, true),
      u16(1, true),
      u16(0x14a, true),
      u16(4, true),
      u32(1, true),
      u32(8, true),
      u32(8, true),
    ),
    /no Exif/,
  ],
  ['bare.jpg', concat('\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0'), /no Exif/],
];

for (const [name, bytes, reason] of REASONS) {
  test(`${name} is a photo without facts, and the reason is told`, async () => {
    const facts = await read(bytes, name);
    assert.match(facts.reason ?? '', reason);
    assert.equal(facts.time, undefined);
  });
}

test('a file that becomes shorter while it is read is damaged, no error', async () => {
  const whole = new Map(seeds()).get('apple.heic') as Uint8Array;
  const source = { size: 50_000_000, read: async (from: number, to: number) => whole.slice(from, to) };
  assert.equal((await readPhoto(source, 'apple.heic')).kind, 'heic');
  const nothing = { size: 50_000_000, read: async () => new Uint8Array() };
  assert.match((await readPhoto(nothing, 'a.nef')).reason ?? '', /damaged/);
});

test('what a disk cannot read is an error of the caller', async () => {
  const source = { size: 1000, read: () => Promise.reject(new Error('EIO')) };
  await assert.rejects(readPhoto(source, 'a.nef'), /EIO/);
});

test('directories at the end of a large file cost one more range', async () => {
  const size = 60_000_000;
  const at = size - 2000;
  const parts: [number, Uint8Array][] = [
    [0, concat('II*\0', u32(at, true))],
    [at, directory({ ...main('Phase One', 'IQ4'), 34665: exif() }, at, true)],
  ];
  const reads: number[] = [];
  const facts = await readPhoto({ size, read: async (from, to) => sparse(parts, from, to, reads) }, 'a.iiq');
  assert.equal(facts.camera?.model, 'IQ4');
  assert.equal(facts.exposure?.iso, 100);
  assert.equal(reads.length, 2);
  assert.ok(reads[0] === 65_536 && reads[1] !== undefined && reads[1] <= 65_536);
});

/** A range of a file of zeros with something at a few places. */
function sparse(parts: readonly [number, Uint8Array][], from: number, to: number, reads: number[]): Uint8Array {
  reads.push(to - from);
  const range = new Uint8Array(to - from);
  for (const [at, content] of parts) if (at >= from && at < to) range.set(content.subarray(0, to - at), at - from);
  return range;
}

test('the preview that fits is found, with its size and how to turn it', async () => {
  const small = jpeg(tiff({}), { width: 160, height: 120 });
  const big = jpeg(tiff({}), { width: 1620, height: 1080 });
  const head = tiff({ ...main('SONY', 'ILCE-7M3'), 274: 6, 513: 0x10000, 514: 0x10000 });
  assert.ok(head.length > 0);
  const at = [5000, 6000] as const;
  const file = new Uint8Array(9000);
  file.set(small, at[0]);
  file.set(big, at[1]);
  const facts: PhotoFacts = {
    kind: 'raw',
    orientation: 6,
    previews: [
      { offset: at[1], length: big.length },
      { offset: at[0], length: small.length },
      { offset: 100, length: 50 },
    ],
  };
  const range = (minWidth?: number) =>
    previewRange(memorySource(file), facts, minWidth === undefined ? {} : { minWidth });
  assert.deepEqual(await range(), { offset: 6000, length: big.length, width: 1620, height: 1080, orientation: 6 });
  assert.deepEqual(await range(100), { offset: 5000, length: small.length, width: 160, height: 120, orientation: 6 });
  assert.equal(await previewRange(memorySource(file), facts, { maxBytes: 10 }), undefined);
});
