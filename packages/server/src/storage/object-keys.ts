import { canonicalFileName, fileNameProblem } from '@darkslide/contract';

/** A file's key in storage: its project, its name in NFC. Known names are canonical. */
export const keyOf = (projectUuid: string, canonicalName: string) => `${projectUuid}/${canonicalName}`;

export const prefixOf = (projectUuid: string) => `${projectUuid}/`;

/** Beside the files of the project, so that no listing of them has thumbnails. */
export const thumbnailPrefixOf = (projectUuid: string) => `${projectUuid}.thumbnails/`;

export const thumbnailKeyOf = (projectUuid: string, canonicalName: string) =>
  `${thumbnailPrefixOf(projectUuid)}${canonicalName}`;

/** The name of the file under a key of this project, or undefined where no link of ours can have put it there. */
export function nameUnder(projectUuid: string, key: string): string | undefined {
  const name = key.slice(prefixOf(projectUuid).length);
  return fileNameProblem(name) === undefined && canonicalFileName(name) === name ? name : undefined;
}

/** Order of the names' UTF-8, in which storage and database list. It differs from JavaScript's beyond U+D7FF. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
