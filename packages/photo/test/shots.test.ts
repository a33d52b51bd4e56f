/** Which files belong to one shot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { series, shootOf, sidecar, withPositions } from './support/shoot-builder.ts';

const is: (actual: unknown, expected: unknown) => void = assert.deepEqual;

test('sidecars of both styles and of other editors are with their shots', () => {
  const paths = [
    'a/IMG_1.xmp',
    'a/IMG_1.CR3.xmp',
    'a/IMG_1_01.CR3.xmp',
    'a/IMG_1.CR3.pp3',
    'a/IMG_1.CR3.dop',
    'a/CaptureOne/Settings131/IMG_1.CR3.cos',
    'a/NKSC_PARAM/IMG_1.CR3.nksc',
    'a/IMG_1.AAE',
    'a/IMG_1.THM',
    'a/IMG_1.acr',
  ];
  const shoot = shootOf({ name: 'a/IMG_1.CR3', at: 0 }, ...paths.map(sidecar), sidecar('a/IMG_2.xmp'));
  is(
    shoot.shots[0]?.files
      .filter(({ role }) => role === 'sidecar')
      .map(({ path }) => path)
      .sort(),
    paths.sort(),
  );
  is(
    shoot.problems.map(({ kind }) => kind),
    ['sidecar-without-photo'],
  );
});

test('a RAW without its sidecar is told where most have one', () => {
  const raws = [1, 2, 3, 4].map((number) => ({ name: `IMG_${number}.CR3`, at: number * 60 }));
  const shoot = shootOf(...raws, ...[1, 2, 3].map((number) => sidecar(`IMG_${number}.xmp`)));
  is(
    shoot.problems.map(({ kind, shot }) => [kind, shot]),
    [['missing-sidecar', 'IMG_4']],
  );
});

test('renamed twins, and a DNG made from a RAW, are still one shot', () => {
  const [raw] = withPositions(series({ number: 1, extension: '.ARW' }, [0], { at: 0 }), 3) as [
    ReturnType<typeof withPositions>[0],
  ];
  is(shootOf(raw, { ...raw, name: 'export/kitchen.jpg' }).shots.length, 1);
  const dng = { ...raw, name: 'DNG/kitchen.dng', more: { ids: { rawFileName: 'DSC_0001.ARW' } } };
  is(
    shootOf(raw, dng).shots.map(({ files }) => files.length),
    [2],
  );
});

test('nothing at all is an empty shoot', () => {
  is(shootOf(), { version: 1, shots: [], sets: [], singles: [], problems: [], unknown: [] });
});
