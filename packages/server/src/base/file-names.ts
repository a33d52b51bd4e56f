import { apiError, canonicalFileName, fileNameProblem, isBase64Md5 } from '@darkslide/contract';

/** The name in the form in which it is stored and compared. @throws {ApiError} invalid_file_name */
export function checkFileName(name: string): string {
  const problem = fileNameProblem(name);
  if (problem !== undefined) throw apiError('invalid_file_name', { name, problem });
  return canonicalFileName(name);
}

/** @throws {ApiError} invalid_md5 */
export function checkMd5(name: string, md5: string | null | undefined): string | null {
  if (md5 === null || md5 === undefined) return null;
  if (!isBase64Md5(md5)) throw apiError('invalid_md5', { name });
  return md5;
}

/**
 * Refuses a list in which a name stands more than once in its canonical form. The message names the first of them,
 * the details all, as the client wrote them.
 * @throws {ApiError} duplicate_file_name
 */
export function checkUnique(files: readonly { sent: string; name: string }[]): void {
  const counts = new Map<string, { sent: string; count: number }>();
  for (const { sent, name } of files) {
    const known = counts.get(name);
    if (known === undefined) counts.set(name, { sent, count: 1 });
    else known.count++;
  }
  if (counts.size === files.length) return;
  const duplicates = [...counts.values()].filter(({ count }) => count > 1);
  const [first] = duplicates;
  if (first === undefined) return;
  const details = duplicates.map(({ sent }) => sent);
  throw apiError('duplicate_file_name', { name: first.sent, count: first.count }, { details });
}
