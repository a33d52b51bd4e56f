import { MAX_PART_COUNT, MAX_PART_SIZE } from '@darkslide/contract';

const MIB = 1024 * 1024;

/** Up to this size, in bytes, a file goes up in one PUT: two calls fewer, and little to repeat when it fails. */
export const SINGLE_PUT_LIMIT = 64 * MIB;

/** Where nothing was measured yet. */
const USUAL_PART_SIZE = 16 * MIB;
const SMALLEST_PART = 8 * MIB;
const LARGEST_USEFUL_PART = 64 * MIB;

/** How long a part should take, in seconds: short enough to lose little, long enough to hide a request's overhead. */
const PART_SECONDS = 8;

/**
 * The size of a file's parts, in bytes; the last may be smaller. Always a power of two MiB, so that a multipart ETag
 * can be recomputed later from the file and the number of parts alone.
 * @param bandwidth what one transfer gets, in bytes a second, where it was measured.
 * @throws {RangeError} for a size that no multipart upload can have.
 */
export function partSizeFor({ size, bandwidth }: { size: number; bandwidth?: number | undefined }): number {
  if (!(size > 0 && size <= MAX_PART_SIZE * MAX_PART_COUNT)) {
    throw new RangeError(`No multipart upload has ${size} bytes`);
  }
  const wanted = bandwidth === undefined ? USUAL_PART_SIZE : bandwidth * PART_SECONDS;
  let partSize = SMALLEST_PART;
  while (partSize * 2 <= Math.min(wanted, LARGEST_USEFUL_PART)) partSize *= 2;
  while (partCount({ size, partSize }) > MAX_PART_COUNT) partSize *= 2;
  return Math.min(partSize, MAX_PART_SIZE);
}

/** Every part size that `partSizeFor` may have chosen for a file that went up in `parts` parts. */
export function possiblePartSizes({ size, parts }: { size: number; parts: number }): number[] {
  const sizes: number[] = [];
  for (let partSize = SMALLEST_PART; partSize < MAX_PART_SIZE; partSize *= 2) sizes.push(partSize);
  return [...sizes, MAX_PART_SIZE].filter((partSize) => partCount({ size, partSize }) === parts);
}

export const partCount = ({ size, partSize }: { size: number; partSize: number }) => Math.ceil(size / partSize);

/** Part numbers begin at 1. */
export function partRange({ size, partSize, part }: { size: number; partSize: number; part: number }) {
  const start = (part - 1) * partSize;
  return { start, end: Math.min(start + partSize, size) };
}
