import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { chmod, copyFile, glob, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { readPhoto } from '@darkslide/photo';
import { cacheFolder, ensurePackages, isOnPath, runOk } from '@darkslide/testkit';
import exifr from 'exifr';
import type { Measurement } from './run.ts';
import { median } from './support/median.ts';

export const description =
  'reading what 200 photos of 30 MB say (real heads, sparse tails): ours, exifr, ExifReader, and ExifTool kept open';
export const target = 'ours at least as fast as the fastest library, and from more formats';

const FILES = 200;
const FILE_BYTES = 30_000_000;
const ROUNDS = 3;
const SAMPLES = new URL('../../shared/photos/brackets/shoots', import.meta.url).pathname;

/** What is read by the other sides: all of Exif, the maker notes as they are, XMP. */
const EXIFR_OPTIONS = { tiff: true, exif: true, makerNote: true, xmp: true };

/** Reads one file; returns whether it found the time of capture. */
type Side = { read: (path: string) => Promise<boolean>; pid?: number };

export async function run(): Promise<Measurement> {
  await ensurePackages({ packages: ['libimage-exiftool-perl'], isThere: () => isOnPath('exiftool') });
  const exifReader = await loadExifReader();
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-photo-read-'));
  const exifTool = new StayOpen();
  try {
    const paths = await photos(folder);
    const sides: Record<string, Side> = {
      ours: { read: ours },
      exifr: {
        read: async (path) => (await exifr.parse(path, EXIFR_OPTIONS))?.DateTimeOriginal !== undefined,
      },
      ExifReader: {
        read: async (path) => (await exifReader.load(path, { length: 128 * 1024 })).DateTimeOriginal !== undefined,
      },
      ExifTool: { read: (path) => exifTool.read(path), pid: exifTool.pid },
    };
    return await compare(sides, paths);
  } finally {
    exifTool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type ExifReader = { load(path: string, options: { length: number }): Promise<Record<string, unknown>> };

/** Installed here, not by the lockfile: the package has an install script, and nothing of ours runs one. */
async function loadExifReader(): Promise<ExifReader> {
  const prefix = join(cacheFolder, 'exifreader');
  await runOk('npm', [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    'exifreader@4.46.0',
  ]);
  return (await import(pathToFileURL(join(prefix, 'node_modules/exifreader/dist/exif-reader.js')).href)).default;
}

async function compare(sides: Record<string, Side>, paths: readonly string[]): Promise<Measurement> {
  const results = new Map(Object.keys(sides).map((name) => [name, { rates: [] as number[], found: 0, bytes: 0 }]));
  // One round each in turn, so that a busy machine slows all; the first, which warms up, does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      const result = results.get(name) as { rates: number[]; found: number; bytes: number };
      const [before, began] = [await bytesRead(side.pid), performance.now()];
      result.found = 0;
      for (const path of paths) if (await side.read(path).catch(() => false)) result.found += 1;
      if (round > 0) result.rates.push((paths.length * 1000) / (performance.now() - began));
      result.bytes = ((await bytesRead(side.pid)) - before) / paths.length;
    }
  }
  const rate = (name: string) => median(results.get(name)?.rates ?? []);
  const rows = [...results].map(([name, { found, bytes }]) => ({
    side: name,
    figure: `${rate(name).toFixed(0)} files a second, ${(bytes / 1024).toFixed(0)} KiB read a file, ${found} of ${paths.length} with a time`,
  }));
  return {
    rows,
    ratios: [
      { name: 'ours / exifr', value: rate('ours') / rate('exifr'), atLeast: 1 },
      { name: 'ours / ExifReader', value: rate('ours') / rate('ExifReader'), atLeast: 1 },
      { name: 'ours / ExifTool', value: rate('ours') / rate('ExifTool'), atLeast: 1 },
    ],
  };
}

const [open, read] = [promisify(fs.open), promisify(fs.read)];

async function ours(path: string): Promise<boolean> {
  const fd = await open(path, 'r');
  try {
    const range = async (from: number, to: number) => {
      const buffer = Buffer.allocUnsafe(to - from);
      const { bytesRead } = await read(fd, buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    };
    return (await readPhoto({ size: FILE_BYTES, read: range }, path)).time !== undefined;
  } finally {
    fs.closeSync(fd);
  }
}

/** Of this process, or another one, from all files together. */
async function bytesRead(pid: number | 'self' = 'self'): Promise<number> {
  return Number(/^rchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** A mixture of formats and makers, as the samples come. */
async function photos(folder: string): Promise<string[]> {
  const samples = (
    await Array.fromAsync(glob('*/**/*.{JPG,jpg,NEF,CR2,CR3,ARW,RAF,RW2,PEF,DNG,HIF,IIQ}', { cwd: SAMPLES }))
  ).sort();
  if (samples.length === 0) throw new Error(`There are no sample photos at ${SAMPLES}.`);
  const paths: string[] = [];
  for (let index = 0; index < FILES; index += 1) {
    const sample = samples[Math.floor((index * samples.length) / FILES)] as string;
    const path = join(folder, `${index}${extname(sample)}`);
    await copyFile(join(SAMPLES, sample), path);
    await chmod(path, 0o644);
    await truncate(path, FILE_BYTES);
    paths.push(path);
  }
  return paths;
}

/** One process of ExifTool that reads file after file. */
class StayOpen {
  readonly #child: ChildProcess = spawn('exiftool', ['-stay_open', 'True', '-@', '-'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  readonly #lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });

  get pid(): number {
    return this.#child.pid as number;
  }

  async read(path: string): Promise<boolean> {
    let found = false;
    const listen = (line: string) => {
      found ||= line.includes('DateTimeOriginal');
      if (line === '{ready}') this.#lines.emit('answered');
    };
    this.#lines.on('line', listen);
    this.#child.stdin?.write(`-j\n-n\n-fast\n${path}\n-execute\n`);
    await once(this.#lines, 'answered');
    this.#lines.off('line', listen);
    return found;
  }

  close(): void {
    this.#child.stdin?.end('-stay_open\nFalse\n');
  }
}
