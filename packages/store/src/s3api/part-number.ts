import { S3Error } from '@darkslide/s3wire';
import type { S3Request } from './request.ts';

export const MAX_PART_NUMBER = 10_000;

/** @throws {S3Error} InvalidArgument */
export function readPartNumber(request: S3Request): number {
  const text = request.query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw new S3Error('InvalidArgument', {
    message: `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive.`,
    details: { ArgumentName: 'partNumber', ArgumentValue: text },
  });
}
