import { MAX_FILE_NAME_BYTES, MAX_PROJECT_NAME_LENGTH } from './limits.ts';

const utf8 = new TextEncoder();

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The one form in which a file name is stored and compared: Unicode NFC.
 * macOS hands out names in NFD, so that the same photo would otherwise count twice.
 */
export function canonicalFileName(fileName: string): string {
  return fileName.normalize('NFC');
}

/**
 * Why a string can't be the name of a file in a project, as the end of a sentence about it,
 * or undefined when it can.
 */
export function fileNameProblem(fileName: string): string | undefined {
  if (!fileName.isWellFormed()) return 'is not valid Unicode (it has a lone surrogate)';
  const name = canonicalFileName(fileName);
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is a folder, not a file';
  if (/[/\\]/.test(name)) return 'has a path separator; send the bare file name';
  if (CONTROL.test(name)) return 'has a control character';
  if (name !== name.trim()) return 'begins or ends with a space';
  const bytes = utf8.encode(name).length;
  if (bytes > MAX_FILE_NAME_BYTES) return `is ${bytes} bytes long; at most ${MAX_FILE_NAME_BYTES} are allowed`;
  return undefined;
}

/** The same for the name of a project. */
export function projectNameProblem(name: string): string | undefined {
  if (!name.isWellFormed()) return 'is not valid Unicode (it has a lone surrogate)';
  if (name.trim() === '') return 'is empty';
  if (CONTROL.test(name)) return 'has a control character';
  if (name !== name.trim()) return 'begins or ends with a space';
  if (name.length > MAX_PROJECT_NAME_LENGTH) return `is longer than ${MAX_PROJECT_NAME_LENGTH} characters`;
  return undefined;
}

/** True for base64 of exactly 16 bytes, the form of an MD5 in this API and in the `Content-MD5` header (RFC 1864). */
export function isBase64Md5(value: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(value);
}
