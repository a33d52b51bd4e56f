import { openDatabase, resultOf, stored } from './database.ts';

/**
 * Remembers which folder was chosen for a project, so that a later visit continues after one click. Only browsers with
 * `showDirectoryPicker` have such handles.
 */
export async function rememberFolder(project: string, handle: FileSystemDirectoryHandle): Promise<void> {
  const database = await openDatabase();
  const transaction = database.transaction('folders', 'readwrite');
  transaction.objectStore('folders').put(handle, project);
  await stored(transaction).finally(() => database.close());
}

/** Undefined where none was chosen, or the browser does not let this page store any. */
export async function rememberedFolder(project: string): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const database = await openDatabase();
    const found = resultOf<FileSystemDirectoryHandle | undefined>(
      database.transaction('folders').objectStore('folders').get(project),
    );
    return await found.finally(() => database.close());
  } catch {
    return undefined;
  }
}
