import { Damaged } from '../bytes.ts';
import { type Entry, readDirectory, type Tiff } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { apple, appleDrive } from './apple.ts';
import { canon, canonDrive } from './canon.ts';
import { fujifilm, fujifilmDrive } from './fujifilm.ts';
import type { Drive, Maker } from './maker.ts';
import { nikon, nikonDrive } from './nikon.ts';
import { olympus, olympusDrive } from './olympus.ts';
import { panasonic, panasonicDrive } from './panasonic.ts';
import { pentax, pentaxDrive } from './pentax.ts';
import { phaseOneDrive, readPhaseOne } from './phase-one.ts';
import { ricoh, ricohDrive } from './ricoh.ts';
import { sigma, sigmaDrive } from './sigma.ts';
import { sony, sonyDrive } from './sony.ts';

const START_LENGTH = 24;

const MAKERS: readonly Maker[] = [canon, nikon, sony, fujifilm, panasonic, olympus, pentax, ricoh, apple, sigma];

/** Reads a block of maker notes; leaves those of others alone. @throws {Damaged} where it is damaged. */
export function readMakerNote(tiff: Tiff, entry: Entry, tags: Tags): void {
  const { bytes } = tiff;
  const make = tags.text('Make') ?? '';
  const start = bytes.latin(entry.at, Math.min(START_LENGTH, entry.length));
  if (/^(IIII.waR|MMMMRaw.)/s.test(start)) {
    readPhaseOne(bytes, entry, tags);
    return;
  }
  const note = { tiff, entry, make, start };
  for (const maker of MAKERS) {
    const opened = maker.open(note);
    if (!opened) continue;
    maker.read(readEitherWay(opened.tiff, opened.at), tags);
    return;
  }
}

/** Notes that were copied keep the byte order that they had, whatever the file around them has. */
function readEitherWay(tiff: Tiff, at: number) {
  const count = tiff.bytes.u16(at, tiff.littleEndian);
  const swapped = count > 255 && (count & 0xff) === 0;
  const found = swapped ? { ...tiff, littleEndian: !tiff.littleEndian } : tiff;
  if (at >= tiff.end) throw new Damaged('Maker notes end before their directory');
  return readDirectory(found, at);
}

const DRIVES: readonly [RegExp, (tags: Tags) => Drive | undefined][] = [
  [/^canon/i, canonDrive],
  [/^nikon/i, nikonDrive],
  [/^sony|^hasselblad/i, sonyDrive],
  [/^fuji/i, fujifilmDrive],
  [/^panasonic|^leica/i, panasonicDrive],
  [/^olympus|^om /i, olympusDrive],
  [/^pentax|^ricoh|^asahi/i, (tags) => pentaxDrive(tags) ?? ricohDrive(tags)],
  [/^apple/i, appleDrive],
  [/^sigma|^foveon/i, sigmaDrive],
  [/^phase one/i, phaseOneDrive],
];

/** What the maker notes say about a series; undefined where they say nothing about one. */
export function driveOf(tags: Tags): Drive | undefined {
  const make = tags.text('Make') ?? '';
  return DRIVES.find(([pattern]) => pattern.test(make))?.[1](tags);
}
