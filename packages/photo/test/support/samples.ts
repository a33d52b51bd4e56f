import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PhotoSource } from '../../src/index.ts';

/** Real camera files; no part of the project. */
export const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/photos');

/** Says loudly that a test could not look at real files, where there are none. */
export function haveSamples(t: TestContext): boolean {
  if (existsSync(SAMPLES)) return true;
  console.error(`\n!!! ${t.name}: NOT TESTED. There are no sample photos at ${SAMPLES}.\n`);
  t.skip(`no sample photos at ${SAMPLES}`);
  return false;
}

const NO_PHOTOS = /\.(md|json|py|txt|xmp|dop|pp3)$/;

/** The paths of all sample photos. */
export function samplePaths(): string[] {
  return readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NO_PHOTOS.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A file on disk, and how many bytes of it were read. */
export function fileSource(path: string): PhotoSource & { bytesRead: () => number } {
  let count = 0;
  return {
    size: statSync(path).size,
    bytesRead: () => count,
    async read(from, to) {
      const bytes = new Uint8Array(to - from);
      const fd = openSync(path, 'r');
      try {
        const read = readSync(fd, bytes, 0, bytes.length, from);
        count += read;
        return bytes.subarray(0, read);
      } finally {
        closeSync(fd);
      }
    },
  };
}

export const memorySource = (bytes: Uint8Array): PhotoSource => ({
  size: bytes.length,
  read: async (from, to) => bytes.slice(from, to),
});
