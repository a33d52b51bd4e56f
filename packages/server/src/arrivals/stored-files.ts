import type { ProjectRow } from '../database/tables.ts';
import { nameUnder } from '../storage/object-keys.ts';
import type { StoredObject } from '../storage/object-store.ts';
import type { StoredFile } from './file-table.ts';

/** A file as storage lists it. */
export type ListedFile = StoredFile & Pick<StoredObject, 'damaged'>;

export const listedFile = (name: string, { size, etag, lastModified, damaged }: StoredObject): ListedFile => ({
  name,
  size,
  etag,
  uploadedAt: lastModified.getTime(),
  damaged,
});

/** By name; keys that no link of ours can have made are left out. */
export function listedFiles(project: ProjectRow, objects: readonly StoredObject[]): Map<string, ListedFile> {
  const files = new Map<string, ListedFile>();
  for (const object of objects) {
    const name = nameUnder(project.uuid, object.key);
    if (name !== undefined) files.set(name, listedFile(name, object));
  }
  return files;
}
