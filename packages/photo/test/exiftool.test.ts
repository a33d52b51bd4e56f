/** Every tag that is read here, of every sample photo, against ExifTool's. */
import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';
import { MAX_FACTS_BYTES } from '../src/index.ts';
import { readTags } from '../src/read-tags.ts';
import type { TagValue } from '../src/tags.ts';
import { type Answer, exifTool, haveExifTool } from './support/exiftool.ts';
import { fileSource, haveSamples, SAMPLES, samplePaths } from './support/samples.ts';

/** Ours that ExifTool has by other names, in other units, or not at all in the version that Debian has. */
const NOT_COMPARED =
  /^(JPEGSize|DefaultCropSize|RAF:|MRW:|X3F:|PanasonicRaw:|HEIF:|XMP:|Apple:|Sony:(HDR|SequenceLength|PixelShift)|PhaseOne:Sequence|Pentax:Bracket(Flags|ShotNumber)|Pentax:AutoBracketing|Canon:(AEBShotCount|AEBSequence|TimeZone))/;

const CONVERSIONS: Record<string, (value: number) => number> = {
  ShutterSpeedValue: (value) => 2 ** -value,
  ApertureValue: (value) => 2 ** (value / 2),
};

/** ExifTool's groups for what has no maker in front of its name here. */
const STANDARD_GROUPS = ['IFD0', 'ExifIFD', 'SubIFD', 'IFD1', 'IFD2', 'SigmaRaw', 'QuickTime'];

/** Of the photo itself, not of its thumbnail. */
const MAIN_GROUPS = ['IFD0', 'ExifIFD'];

/** Files that ExifTool reads by a heuristic that we have not, or whose tables it refuses and we can tell. */
const KNOWN: Record<string, RegExp> = {
  'raw/CanonRaw.crw': /./,
  'raw/Sigma.x3f': /^Software|^ImageUniqueID|^DateTimeOriginal|^ExposureTime|^Sigma:DriveMode/,
  'raw/Panasonic.rw2': /^Panasonic:InternalSerialNumber/,
  'jpeg/Panasonic_DMC-FZ30.jpg': /^Panasonic:InternalSerialNumber/,
  'brackets/shoots/library-mei/Canon IXUS 400.jpg': /^Canon:/,
  'brackets/shoots/library-mei/Canon PowerShot S30 (2).jpg': /^Canon:/,
  'brackets/shoots/library-mei/Canon PowerShot S300.jpg': /^Canon:/,
  'brackets/shoots/library-mei/Canon PowerShot S330.jpg': /^Canon:/,
};

const text = (value: unknown) =>
  (Array.isArray(value) ? value.join(' ') : String(value)).replaceAll('NaN', 'undef').trim();

function isSame(ours: TagValue, theirs: unknown): boolean {
  const [a, b] = [ours instanceof Uint8Array ? text([...ours]) : text(ours), text(theirs)];
  const near = (x: string, y: string) =>
    x === y || Math.abs(Number(x) - Number(y)) <= 1e-5 * Math.abs(Number(y)) + 1e-9;
  const [as, bs] = [a.split(' '), b.split(' ')];
  return a === b || (as.length === bs.length && as.every((part, index) => near(part, bs[index] as string)));
}

const theirsOf = (answer: Answer, name: string, groups = STANDARD_GROUPS): unknown[] => {
  const names = name.includes(':') ? [name] : groups.map((group) => `${group}:${name}`);
  return names.flatMap((one) => answer.get(one) ?? []);
};

/** What ExifTool finds and facts are made of: it must not be missing here. */
const REQUIRED = [
  ...'Make Model Orientation DateTimeOriginal SubSecTimeOriginal OffsetTimeOriginal ExposureTime FNumber ISO'.split(
    ' ',
  ),
  ...'ExposureCompensation ExposureMode FocalLength CompositeImage LensModel ImageUniqueID'.split(' '),
  ...'Canon:BracketMode Canon:BracketValue Canon:AEBBracketValue Canon:AutoExposureBracketing'.split(' '),
  ...'Canon:ContinuousDrive Nikon:ShootingMode Nikon:ShutterCount Nikon:ExposureBracketValue'.split(' '),
  ...'Nikon:SerialNumber Sony:ReleaseMode Sony:ReleaseMode2 Sony:SequenceNumber Sony:SequenceImageNumber'.split(' '),
  ...'FujiFilm:AutoBracketing FujiFilm:SequenceNumber Panasonic:BurstMode Panasonic:SequenceNumber'.split(' '),
  ...'Panasonic:BracketSettings Olympus:DriveMode Olympus:StackedImage Sigma:AutoBracket'.split(' '),
  ...'PhaseOne:SerialNumber PhaseOne:ImageNumber Apple:BurstUUID Apple:HDRImageType'.split(' '),
];

test('every tag of every sample photo is what ExifTool says', async (t) => {
  if (!haveSamples(t) || !(await haveExifTool(t))) return;
  const paths = samplePaths();
  const answers = await exifTool(paths);
  const wrong: string[] = [];
  let compared = 0;
  for (const path of paths) {
    const file = relative(SAMPLES, path);
    const answer = answers.get(path) ?? new Map();
    const source = fileSource(path);
    const { tags } = await readTags(source, path);
    assert.ok(source.bytesRead() <= MAX_FACTS_BYTES, `${file}: ${source.bytesRead()} bytes read`);
    const isKnown = (name: string) => KNOWN[file]?.test(name) === true;
    for (const [name, value] of tags.entries()) {
      if (NOT_COMPARED.test(name) || isKnown(name)) continue;
      const ours = CONVERSIONS[name]?.(value as number) ?? value;
      compared += 1;
      const theirs = theirsOf(answer, name);
      if (!theirs.some((one) => isSame(ours, one))) {
        wrong.push(`${file}: ${name} is ${text(ours)}, not ${theirs.map(text)}`);
      }
    }
    for (const name of REQUIRED) {
      const theirs = theirsOf(answer, name, MAIN_GROUPS)
        .map(text)
        .filter((one) => one !== '');
      if (theirs.length > 0 && !tags.has(name) && !isKnown(name)) wrong.push(`${file}: ${name} is missing: ${theirs}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(compared > 20_000, `only ${compared} tags were compared`);
  t.diagnostic(`${compared} tags of ${paths.length} files`);
});
