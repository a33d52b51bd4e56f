/** What photographers meet, each with its right answer. The numbers and names are those of the design's list of cases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPhoto } from '../src/index.ts';
import { concat, u16, u32 } from './support/build-photo.ts';
import { memorySource } from './support/samples.ts';
import { series, sets, shootOf, told, withCompensation, withKind, withPositions } from './support/shoot-builder.ts';

const is: (actual: unknown, expected: unknown) => void = assert.deepEqual;
const SONY = { resolutionMs: 1000, mode: 2 };
const FIVE = [0, -0.7, 0.7, -1.3, 1.3];
const THREE = [0, -1, 1];

test('1 rx100m6-0-+: two sets of five, complete', () => {
  const a = withPositions(series({ number: 8196 }, FIVE, { at: 0, ...SONY, pause: 0.2 }), 5);
  const b = withPositions(series({ number: 8201 }, FIVE, { at: 19, ...SONY, pause: 0.2 }), 5);
  is(sets(shootOf(...a, ...b)), [
    'DSC_8196 DSC_8197 DSC_8198 DSC_8199 DSC_8200',
    'DSC_8201 DSC_8202 DSC_8203 DSC_8204 DSC_8205',
  ]);
});

test('2 rx100m6-stopped: two of five, the missing ones are named, the next set is another', () => {
  const a = withPositions(series({ number: 8194 }, FIVE.slice(0, 2), { at: 0, ...SONY }), 5);
  const b = withPositions(series({ number: 8196 }, FIVE, { at: 8, ...SONY }), 5);
  const shoot = shootOf(...a, ...b);
  is(sets(shoot), ['DSC_8194 DSC_8195 !', 'DSC_8196 DSC_8197 DSC_8198 DSC_8199 DSC_8200']);
  is(shoot.sets[0]?.missing, [3, 4, 5]);
  assert.match(shoot.sets[0]?.cause ?? '', /stopped early/);
  assert.match(shoot.problems[0]?.message ?? '', /2 of 5 frames, without numbers 3, 4, 5/);
});

test('3 equal-shutter: a set in which ISO moves instead of the shutter time is one set', () => {
  const frames = withPositions(series({ number: 1 }, FIVE, { at: 0, ...SONY }), 5);
  const [, second, , fourth] = frames;
  is(second?.s !== fourth?.s, true);
  const moved = frames.map((frame, index) => (index === 3 ? { ...frame, s: second?.s ?? 0, iso: 62 } : frame));
  is(sets(shootOf(...moved)).length, 1);
});

test('4 canon-m-mode: a set of three though the mode is manual and compensation 0', () => {
  const frames = withKind(series({ number: 1, prefix: 'IMG_', extension: '.CR2' }, [0, -2, 2], { at: 0, mode: 1 }));
  is(sets(shootOf(...frames)), ['IMG_0001 IMG_0002 IMG_0003']);
});

test('5 nikon-mode0: a set by the maker’s tag, whatever Exif’s mode says', () => {
  is(sets(shootOf(...withKind(series({ number: 4632 }, [0, -2, 2], { at: 0, mode: 0, ec: -0.67 })))), [
    'DSC_4632 DSC_4633 DSC_4634',
  ]);
});

test('6 d7000-renamed: names that no camera gives do not decide the order', () => {
  const [a, b, c] = withKind(series({ number: 1 }, THREE, { at: 0 }));
  const renamed = [
    { ...a, name: 'A2.JPG' },
    { ...b, name: 'A3.JPG' },
    { ...c, name: 'A1.JPG' },
  ] as Parameters<typeof shootOf>;
  is(sets(shootOf(...renamed)), ['A2 A3 A1']);
});

test('7 retake-70d: three sets of three, linked', () => {
  const all = [0, 15, 26].flatMap((at, index) =>
    withKind(series({ number: 1 + index * 3 }, [-2, 0, 2], { at, mode: 1, pause: 0.15 })),
  );
  const shoot = shootOf(...all);
  is(sets(shoot), ['DSC_0001 DSC_0002 DSC_0003', 'DSC_0004 DSC_0005 DSC_0006', 'DSC_0007 DSC_0008 DSC_0009']);
  is(
    shoot.sets.map((set) => set.continues),
    [undefined, 'exposure:DSC_0001', 'exposure:DSC_0004'],
  );
});

test('8 1d4-7: two sets of seven, long exposures inside', () => {
  const offsets = [0, -1, 1, -2, 2, -3, 3];
  const length = { kind: 'exposure', length: 7, lengthFrom: 'menu' } as const;
  const all = [0, 40].flatMap((at, index) =>
    series({ number: 1 + index * 7 }, offsets, { at, s: 0.5, drive: length, mode: 1 }),
  );
  is(
    sets(shootOf(...all)).map((set) => set.split(' ').length),
    [7, 7],
  );
});

test('9 k50-f0: a lens without contacts has no aperture', () => {
  is(sets(shootOf(...withKind(series({ number: 1, prefix: 'IMGP' }, THREE, { at: 0, f: 0 })))), [
    'IMGP0001 IMGP0002 IMGP0003',
  ]);
});

test('10 g1-partial: which positions are there, and which are missing', () => {
  const a = withPositions(series({ number: 217 }, [0, 0.3], { at: 0 }), 7, 3);
  const b = withPositions(series({ number: 263 }, [0, 0.3, 0.6], { at: 90 }), 7, 4);
  const { sets: found } = shootOf(...a, ...b);
  is(
    found.map(({ missing }) => missing),
    [
      [1, 2, 5, 6, 7],
      [1, 2, 3, 7],
    ],
  );
  is(
    found.map(({ frames }) => frames.map(({ pos }) => pos)),
    [
      [3, 4],
      [4, 5, 6],
    ],
  );
});

test('11 tz3-subsec: within a second the position tells the order', () => {
  const frames = withPositions(
    series({ number: 1, prefix: 'x-' }, THREE, { at: 0, resolutionMs: 1000, pause: 0.1 }),
    3,
  );
  const mixed = frames.map((frame, index) => ({ ...frame, name: `${['c', 'a', 'b'][index]}.jpg` }));
  is(sets(shootOf(...mixed)), ['c a b']);
});

test('12 e400-single-drive: frames that were pressed one by one over eleven seconds are one set', () => {
  const frames = series({ number: 100 }, THREE, { at: 0, s: 6, pause: 2 }).map((frame, index) => ({
    ...frame,
    drive: { kind: 'exposure', position: index + 1, single: true } as const,
  }));
  is(sets(shootOf(...frames)), ['DSC_0100 DSC_0101 DSC_0102']);
});

test('13 tmo-copy: a tone-mapped picture with the tags of the first frame is a result, no frame', () => {
  const frames = withPositions(series({ number: 19, prefix: 'PC20', extension: '.JPG' }, THREE, { at: 0 }), 3);
  const shoot = shootOf(...frames, { ...(frames[0] as (typeof frames)[0]), name: 'edits/tmo__Original.JPG', size: 77 });
  is(sets(shoot), ['PC200019 PC200020 PC200021']);
  is(shoot.shots.find(({ id }) => id.startsWith('edits'))?.of, 'PC200019');
  is(shoot.shots.find(({ id }) => id.startsWith('edits'))?.files[0]?.role, 'result');
});

test('14 350d-shifted-base: three sets of one view on shifted bases are linked', () => {
  const all = [0, 10, 20].flatMap((at, index) =>
    withCompensation(series({ number: 1 + index * 3 }, [0, -0.7, 0.7], { at, s: 2 ** -index / 60 }), [0, -0.7, 0.7]),
  );
  const shoot = shootOf(...all);
  is(sets(shoot).length, 3);
  is(shoot.sets.filter((set) => set.continues).length, 2);
});

test('15 stripped: without notes the ladder tells, less surely', () => {
  const shoot = shootOf(...series({ number: 1 }, THREE, { at: 0, mode: 1 }));
  is(sets(shoot), ['DSC_0001 DSC_0002 DSC_0003']);
  assert.ok((shoot.sets[0]?.confidence ?? 1) <= 0.9);
  is(shoot.sets[0]?.tier, 'C');
});

test('16 hand-ev d7100: compensation set by hand, half a minute and more apart, is not a set', () => {
  const frames = [0, 30, 210].map((at, index) => ({ name: `EV${index}.jpg`, at, s: 2 ** -index / 60, ec: -index }));
  is(sets(shootOf(...frames)), []);
});

test('17 hand-ladder: eleven exposures set by hand are one set, told as such', () => {
  const offsets = Array.from({ length: 11 }, (_, index) => index - 5);
  const shoot = shootOf(...series({ number: 1 }, offsets, { at: 0, mode: 1, pause: 7 }));
  is(
    sets(shoot).map((set) => set.split(' ').length - 1),
    [11],
  );
  assert.match(shoot.sets[0]?.why.join() ?? '', /by hand/);
});

test('18 pano-auto-exposure: the meter between two pictures makes no set', () => {
  const seconds = [0.025, 0.033, 0.025, 0.033, 0.025];
  is(sets(shootOf(...seconds.map((s, index) => ({ name: `DSC_000${index + 1}.JPG`, at: index * 2, s })))), []);
});

test('19 pano-of-brackets: four sets of three long exposures, three seconds apart', () => {
  let at = 0;
  const all = [0, 1, 2, 3].flatMap((index) => {
    const frames = withCompensation(
      series({ number: 1 + index * 3 }, [0, -2, 2], { at, s: 1.5, pause: 0.5 }),
      [0, -2, 2],
    );
    at += 1.5 + 0.375 + 6 + 1.5 + 3;
    return frames;
  });
  is(
    sets(shootOf(...all)).map((set) => set.split(' ').length),
    [3, 3, 3, 3],
  );
});

test('20 dji-mapping: exposures that drift over a flight are not sets', () => {
  const frames = Array.from({ length: 18 }, (_, index) => ({
    name: `DJI_00${10 + index}.JPG`,
    at: index * 2,
    s: 0.002 * 2 ** (([0, 1, 1, 2, 2, 1, 0, -1, -1, 0, 1, 2, 3, 3, 2, 1, 1, 0][index] as number) / 3),
    resolutionMs: 1000,
  }));
  is(sets(shootOf(...frames)), []);
});

test('21 dji-aeb: five frames in steps of 0.7 EV in which ISO moves, too', () => {
  const frames = series({ number: 331, prefix: 'DJI_', extension: '.JPG' }, [0, -0.65, 0.65, -1.3, 1.3], {
    at: 0,
    s: 0.003,
    resolutionMs: 1000,
    pause: 0.7,
  });
  const moved = frames.map((frame) =>
    (frame.s ?? 0) > 0.0031 ? { ...frame, iso: ((frame.s ?? 0) / 0.003) * 100, s: 0.003 } : frame,
  );
  is(
    sets(shootOf(...moved)).map((set) => set.split(' ').length),
    [5],
  );
});

test('22 equal-frames: two equal frames of seven are one set where the tags say so', () => {
  const offsets = [-3, -2, -1, 0, 0, 1, 2];
  is(sets(shootOf(...withPositions(series({ number: 1 }, offsets, { at: 0 }), 7))).length, 1);
  const parts = shootOf(...series({ number: 1 }, offsets, { at: 0, mode: 1 })).sets;
  assert.ok(parts.every(({ frames }) => frames.length < 7));
});

test('23 flash, ADL and white balance brackets are not exposure sets', () => {
  for (const kind of ['wb', 'film', 'iso', 'flash'] as const) {
    const shoot = shootOf(...withKind(series({ number: 1 }, [0, 0, 0], { at: 0 }), kind));
    is(sets(shoot), []);
    is(sets(shoot, kind), ['DSC_0001 DSC_0002 DSC_0003 ?']);
  }
});

test('24 sony-focus: a focus bracket is its own kind', () => {
  const shoot = shootOf(...withPositions(series({ number: 1 }, [0, 0, 0, 0], { at: 0 }), 4, 1, 'focus'));
  is(sets(shoot, 'focus'), ['DSC_0001 DSC_0002 DSC_0003 DSC_0004']);
  is(sets(shoot), []);
});

test('25 two-bodies: sets that were shot at the same time by two bodies of one model', () => {
  const a = withKind(series({ number: 210 }, THREE, { at: 0, serial: '1', pause: 0.2 }));
  const b = withKind(series({ number: 7730 }, THREE, { at: 0.1, serial: '2', pause: 0.2 }));
  is(sets(shootOf(...a, ...b)).sort(), ['DSC_0210 DSC_0211 DSC_0212', 'DSC_7730 DSC_7731 DSC_7732']);
  const without = [...a, ...b].map(({ serial: _, ...frame }) => frame);
  is(sets(shootOf(...without)).sort(), ['DSC_0210 DSC_0211 DSC_0212', 'DSC_7730 DSC_7731 DSC_7732']);
});

test('26 wrap: 9999 to 0001, and another folder, inside of a set', () => {
  const frames = withKind(series({ number: 1, prefix: 'IMG_' }, FIVE, { at: 0, resolutionMs: 1000, pause: 0.05 }));
  const names = [
    '100CANON/IMG_9998.CR2',
    '100CANON/IMG_9999.CR2',
    '101CANON/IMG_0001.CR2',
    '101CANON/IMG_0002.CR2',
    '101CANON/IMG_0003.CR2',
  ];
  is(sets(shootOf(...frames.map((frame, index) => ({ ...frame, name: names[index] as string })))), [
    'IMG_9998 IMG_9999 IMG_0001 IMG_0002 IMG_0003',
  ]);
});

test('27 raw+jpeg: one set of shots, each with both files', () => {
  const raws = withPositions(series({ number: 2376, extension: '.ARW' }, THREE, { at: 0 }), 3);
  const shoot = shootOf(...raws, ...raws.map((frame) => ({ ...frame, name: frame.name.replace('ARW', 'JPG') })));
  is(sets(shoot), ['DSC_2376 DSC_2377 DSC_2378']);
  is(
    shoot.shots.map(({ files }) => files.map(({ role }) => role)),
    [
      ['raw', 'jpeg'],
      ['raw', 'jpeg'],
      ['raw', 'jpeg'],
    ],
  );
});

test('28 same stems on two cards at other times are not twins', () => {
  const shoot = shootOf(
    { name: 'a/IMG_0101.CR2', at: 0, serial: '1' },
    { name: 'b/IMG_0101.JPG', at: 500, serial: '2' },
  );
  is(shoot.shots.length, 2);
});

test('29 no zone, and the clock is set back inside of the shoot: counters tell the order', () => {
  const before = [0, 60, 120].flatMap((at, index) => withKind(series({ number: 1 + index * 3 }, THREE, { at })));
  const after = [30, 90, 150].flatMap((at, index) => withKind(series({ number: 10 + index * 3 }, THREE, { at })));
  const all = [...before, ...after].map((frame, index) => ({ ...frame, count: 500 + index }));
  is(sets(shootOf(...all)).length, 6);
  is(shootOf(...all).shots.length, 18);
});

test('30 phone copies are copies', () => {
  const frame = { at: 0, more: { kind: 'jpeg' as const } };
  const shoot = shootOf(
    { ...frame, name: 'PXL_20231006_083108407.jpg' },
    { ...frame, name: 'PXL_20231006_083108407~2.jpg' },
    { ...frame, name: 'PXL_20231006_083108407(1).jpg' },
  );
  is(
    shoot.shots.map(({ of }) => of).filter((of) => of !== undefined),
    ['PXL_20231006_083108407', 'PXL_20231006_083108407'],
  );
});

test('30 the two files of a Pixel photo, and a live photo with its movie, are one shot each', () => {
  const live = { ids: { content: 'A-B' } };
  const shoot = shootOf(
    { name: 'PXL_1.RAW-01.COVER.jpg', at: 0 },
    { name: 'PXL_1.RAW-02.ORIGINAL.dng', at: 0 },
    { name: 'IMG_1.HEIC', at: 9, more: live },
    { ...told({ name: 'x/renamed.mov', at: 9 }), facts: { kind: 'video', ...live } },
  );
  is(
    shoot.shots.map(({ files }) => files.map(({ role }) => role)),
    [
      ['raw', 'jpeg'],
      ['heic', 'video'],
    ],
  );
});

test('31 burst: frames of one exposure in quick succession are a burst', () => {
  const shoot = shootOf(...withKind(series({ number: 1 }, [0, 0, 0, 0, 0], { at: 0, pause: 0.08 }), 'burst'));
  is(sets(shoot), []);
  is(sets(shoot, 'burst').length, 1);
});

test('32 two-frame AEB: a set of two only by tags', () => {
  const tagged = [0, 20].flatMap((at, index) => withPositions(series({ number: 1 + index * 2 }, [0, -1], { at }), 2));
  is(sets(shootOf(...tagged)), ['DSC_0001 DSC_0002', 'DSC_0003 DSC_0004']);
  is(sets(shootOf(...series({ number: 1 }, [0, -1], { at: 0, mode: 1 }))), []);
});

test('33 a lone frame of a bracket is a set of one, incomplete', () => {
  is(sets(shootOf(...withKind(series({ number: 1 }, [0], { at: 0 })))), ['DSC_0001 !']);
});

test('34 camera-made result: no frame, linked to the first', () => {
  const frames = withPositions(series({ number: 10, extension: '.JPG' }, [0, 0, 0], { at: 0 }), 3, 1, 'focus');
  const result = { name: 'DSC_0019.JPG', at: 0, more: { result: 'stacked in the camera' } };
  const shoot = shootOf(...frames, { ...result, s: frames[0]?.s ?? 0 });
  is(sets(shoot, 'focus'), ['DSC_0010 DSC_0011 DSC_0012']);
  is(shoot.shots.find(({ of }) => of)?.of, 'DSC_0010');
});

test('34 what phones compose is the photo itself', () => {
  const shoot = shootOf(...[0, 5, 10].map((at) => ({ name: `PXL_${at}.jpg`, at, more: { composite: true } })));
  is(shoot.singles.length, 3);
});

test('35 single between two sets stays single', () => {
  const a = withPositions(series({ number: 1 }, THREE, { at: 0 }), 3);
  const b = withPositions(series({ number: 5 }, THREE, { at: 6 }), 3);
  is(shootOf(...a, { name: 'DSC_0004.NEF', at: 3, drive: { kind: 'none' } }, ...b).singles, ['DSC_0004']);
});

test('36 garbage is a photo without facts, with a reason', async () => {
  const facts = await readPhoto(memorySource(new Uint8Array(5000).fill(0x5a)), 'a.NEF');
  const shoot = shootOf(
    { path: 'a.NEF', size: 5000, facts },
    ...withPositions(series({ number: 1 }, THREE, { at: 0 }), 3),
  );
  is(
    shoot.unknown.map(({ path }) => path),
    ['a.NEF'],
  );
  is(sets(shoot).length, 1);
});

test('37 nine frames in steps of 0.3 EV are one set', () => {
  const offsets = [0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9, -1.2, 1.2];
  is(
    sets(
      shootOf(...withCompensation(series({ number: 1 }, offsets, { at: 0, resolutionMs: 1000, pause: 0.1 }), offsets)),
    ).length,
    1,
  );
});

test('38 an empty note, and a directory that leads to itself, end soon', async () => {
  const self = concat('II*\0', u32(8, true), u16(2, true), u16(0x8769, true), u16(4, true), u32(1, true), u32(8, true));
  const note = concat(u16(0x927c, true), u16(7, true), u32(0, true), u32(0, true), u32(8, true));
  assert.equal((await readPhoto(memorySource(concat(self, note)), 'a.NEF')).kind, 'raw');
});

test('a dial that is turned, and dusk, make no sets of three small steps', () => {
  const steps = [0, 0.33, 0.66, 0.66, 0.66, 1, 1.33, 1.33, 1.66, 2];
  is(sets(shootOf(...series({ number: 1 }, steps, { at: 0, mode: 1, pause: 2 }))), []);
});

test('sets of two that come again and again are whole', () => {
  const pairs = [0, 20, 40].flatMap((at, index) => withKind(series({ number: 1 + index * 2 }, [0, -1], { at })));
  is(sets(shootOf(...pairs)), ['DSC_0001 DSC_0002', 'DSC_0003 DSC_0004', 'DSC_0005 DSC_0006']);
});

test('an edited version beside a frame is not a frame', () => {
  const frames = withPositions(series({ number: 1 }, THREE, { at: 0 }), 3);
  const edit = { ...(frames[1] as (typeof frames)[0]), name: 'DSC_0002-Edit.tif' };
  const shoot = shootOf(...frames, edit);
  is(sets(shoot), ['DSC_0001 DSC_0002 DSC_0003']);
  is(shoot.shots.find(({ id }) => id.includes('Edit'))?.of, 'DSC_0002');
});
