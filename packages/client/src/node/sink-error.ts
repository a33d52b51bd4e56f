import { SinkError } from '../base/errors.ts';
import { isOutOfDescriptors, TOO_MANY_OPEN } from './descriptors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** What an error of the file system means for the file at `path`. */
export function asSinkError(error: unknown, path: string): SinkError {
  if (error instanceof SinkError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const fail = (kind: SinkError['kind'], message: string) => new SinkError(kind, message, { cause: error });
  if (FULL.has(code)) {
    return fail('full', `The disk of ${path} is full. Make room, then run the same command to resume.`);
  }
  if (isOutOfDescriptors(error)) return fail('unwritable', TOO_MANY_OPEN);
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') {
    return taken(path, error);
  }
  if (code === 'EFBIG') return fail('unwritable', `The disk of ${path} takes no file as large as this. Use another.`);
  const why = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'is not allowed' : `failed (${code})`;
  return fail('unwritable', `Writing ${path} ${why}. Use another folder, or change its permissions.`);
}

/** Something other than a file or folder, as it should be, is there. */
export const taken = (path: string, cause?: unknown) =>
  new SinkError('taken', `${path} is in the way. Move it, or use another folder.`, { cause });
