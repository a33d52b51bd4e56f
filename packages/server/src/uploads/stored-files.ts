import type { StoredFile } from '../database/files.ts';
import type { ProjectRow } from '../database/tables.ts';
import { nameUnder } from './keys.ts';
import type { StoredObject } from './object-store.ts';

export const storedFile = (name: string, { size, etag, lastModified }: StoredObject): StoredFile => ({
  name,
  size,
  etag,
  uploadedAt: lastModified.getTime(),
});

/** By name; keys that no link of ours can have made are left out. */
export function storedFiles(project: ProjectRow, objects: readonly StoredObject[]): Map<string, StoredFile> {
  const files = new Map<string, StoredFile>();
  for (const object of objects) {
    const name = nameUnder(project.uuid, object.key);
    if (name !== undefined) files.set(name, storedFile(name, object));
  }
  return files;
}
