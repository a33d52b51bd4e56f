import { MAX_PART_COUNT, MAX_PART_SIZE } from '@darkslide/contract';

const MIB = 1024 * 1024;

/** Used until a rate was measured. */
const DEFAULT_PART_BYTES = 16 * MIB;
const MIN_PART_BYTES = 8 * MIB;
/** Larger parts are used only where there would be too many parts otherwise. */
const MAX_USUAL_PART_BYTES = 64 * MIB;

/** How long a part should take: short enough to lose little, long enough to hide a request's overhead. */
const PART_SECONDS = 8;

/**
 * The size of a file's parts, in bytes; the last may be smaller. Always a power of two MiB, so that a multipart ETag
 * can be recomputed later from the file and the number of parts alone.
 * @param bandwidth bytes per second of one transfer, where it was measured.
 * @throws {RangeError} for a size that no multipart upload can have.
 */
export function partSizeFor({ size, bandwidth }: { size: number; bandwidth?: number | undefined }): number {
  if (!(size > 0 && size <= MAX_PART_SIZE * MAX_PART_COUNT)) {
    throw new RangeError(`No multipart upload has ${size} bytes`);
  }
  const wanted = bandwidth === undefined ? DEFAULT_PART_BYTES : bandwidth * PART_SECONDS;
  let partSize = MIN_PART_BYTES;
  while (partSize * 2 <= Math.min(wanted, MAX_USUAL_PART_BYTES)) partSize *= 2;
  while (partCountOf({ size, partSize }) > MAX_PART_COUNT) partSize *= 2;
  return Math.min(partSize, MAX_PART_SIZE);
}

/** Every part size that `partSizeFor` may have chosen for a file of `count` parts. */
export function possiblePartSizes({ size, count }: { size: number; count: number }): number[] {
  const sizes: number[] = [];
  for (let partSize = MIN_PART_BYTES; partSize < MAX_PART_SIZE; partSize *= 2) sizes.push(partSize);
  return [...sizes, MAX_PART_SIZE].filter((partSize) => partCountOf({ size, partSize }) === count);
}

export const partCountOf = ({ size, partSize }: { size: number; partSize: number }) => Math.ceil(size / partSize);

/** Part numbers begin at 1. */
export function partRange({ size, partSize, partNumber }: { size: number; partSize: number; partNumber: number }) {
  const start = (partNumber - 1) * partSize;
  return { start, end: Math.min(start + partSize, size) };
}
