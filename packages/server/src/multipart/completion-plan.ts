import { apiError, MIN_PART_SIZE } from '@darkslide/contract';
import type { StoredPart } from '../storage/object-store.ts';

/**
 * The parts to complete, 1 to partCount, and their sum. Storage itself would not mind a missing part, but respond with
 * a silently shortened object.
 * @throws {ApiError} upload_parts_missing, upload_part_too_small, upload_size_mismatch
 */
export function planCompletion(
  upload: { name: string; partCount: number; size: number | null },
  listed: readonly StoredPart[],
): { parts: StoredPart[]; size: number } {
  const { name, partCount } = upload;
  const byNumber = new Map(listed.map((part) => [part.partNumber, part]));
  const parts: StoredPart[] = [];
  const missing: number[] = [];
  for (let number = 1; number <= partCount; number++) {
    const part = byNumber.get(number);
    if (part === undefined) missing.push(number);
    else parts.push(part);
  }
  if (missing.length > 0) {
    throw apiError('upload_parts_missing', { name, parts: missing, partCount }, { details: missing });
  }

  const small = parts.filter(({ partNumber, size }) => partNumber < partCount && size < MIN_PART_SIZE);
  if (small.length > 0) {
    const numbers = small.map(({ partNumber }) => partNumber);
    throw apiError('upload_part_too_small', { name, parts: numbers, min: MIN_PART_SIZE }, { details: numbers });
  }

  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (upload.size !== null && upload.size !== size) {
    throw apiError('upload_size_mismatch', { name, declared: upload.size, arrived: size });
  }
  return { parts, size };
}
