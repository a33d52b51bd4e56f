import { type LeftOut, LeftOutCounter } from '../base/left-out.ts';
import { type FailedFile, failed } from '../base/results.ts';
import { fileKind } from '../plan/photo-names.ts';
import { isSkippedFolder, isSystemFile } from '../plan/skipped-folders.ts';
import { asSourceError, type PickedFile } from './blob-source.ts';

/** `leftOut` and `unreadable` are of the whole choice so far: the last batch has all. */
export type PickedBatch = { files: PickedFile[]; leftOut: LeftOut; unreadable: readonly FailedFile[] };

const BATCH_FILES = 200;
/** Folders that lead nowhere else are not this deep. */
const MAX_DEPTH = 128;

/** Collects a choice in batches, and decides what is taken. */
class Picking {
  readonly #leftOut = new LeftOutCounter();
  readonly #unreadable: FailedFile[] = [];
  /** Whether a folder is wanted, by its path. */
  readonly #folders = new Map<string, boolean>();
  #files: PickedFile[] = [];

  get full(): boolean {
    return this.#files.length >= BATCH_FILES;
  }

  wants(path: string): boolean {
    const name = nameOf(path);
    if (isSystemFile(name)) return false;
    if (name.startsWith('.')) this.#leftOut.add('hidden', path);
    else if (fileKind(name) === 'other') this.#leftOut.add('notPhotos', path);
    else return true;
    return false;
  }

  wantsFolder(path: string): boolean {
    if (!isSkippedFolder(path)) return true;
    this.#leftOut.addFolder(nameOf(path), path);
    return false;
  }

  /** Whether every folder above a file is wanted. Each that is not is counted once. */
  wantsFolders(path: string): boolean {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      const known = this.#folders.get(folder) ?? this.wantsFolder(folder);
      this.#folders.set(folder, known);
      if (!known) return false;
    }
    return true;
  }

  take(file: File, path: string): void {
    this.#files.push({ file, path });
  }

  fail(path: string, error: unknown): void {
    const { kind, message } = asSourceError(error);
    this.#unreadable.push(failed({ name: nameOf(path), path, size: 0 }, kind, message));
  }

  tooDeep(path: string): void {
    const message = `Folders are read ${MAX_DEPTH} deep. Choose this one itself.`;
    this.#unreadable.push(failed({ name: nameOf(path), path, size: 0 }, 'unreadable', message));
  }

  batch(): PickedBatch {
    const files = this.#files;
    this.#files = [];
    return { files, leftOut: this.#leftOut.result(), unreadable: [...this.#unreadable] };
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** What an `<input type=file>` holds, with or without `webkitdirectory`. */
export async function* filesOfInput(list: FileList | readonly File[]): AsyncGenerator<PickedBatch, void> {
  const picking = new Picking();
  for (const file of list) {
    const path = file.webkitRelativePath || file.name;
    if (picking.wantsFolders(path) && picking.wants(path)) picking.take(file, path);
    if (!picking.full) continue;
    yield picking.batch();
    await null;
  }
  yield picking.batch();
}

type Place<T> = { entry: T; path: string; depth: number };

/** What was dropped. Call it in the event's handler: the transfer is empty afterwards. */
export function filesOfDrop(transfer: DataTransfer): AsyncGenerator<PickedBatch, void> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return entries.length > 0 ? walkEntries(entries) : filesOfInput([...transfer.files]);
}

async function* walkEntries(entries: readonly FileSystemEntry[]): AsyncGenerator<PickedBatch, void> {
  const picking = new Picking();
  const queue: Place<FileSystemEntry>[] = entries.map((entry) => ({ entry, path: entry.name, depth: 0 }));
  for (let at = 0; at < queue.length; at += 1) {
    const { entry, path, depth } = queue[at] as Place<FileSystemEntry>;
    try {
      if (entry.isFile) {
        if (picking.wants(path)) picking.take(await fileOf(entry as FileSystemFileEntry), path);
      } else if (depth >= MAX_DEPTH) picking.tooDeep(path);
      else if (picking.wantsFolder(path)) {
        for await (const child of childrenOf(entry as FileSystemDirectoryEntry)) {
          queue.push({ entry: child, path: `${path}/${child.name}`, depth: depth + 1 });
        }
      }
    } catch (error) {
      picking.fail(path, error);
    }
    if (picking.full) yield picking.batch();
  }
  yield picking.batch();
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** Browsers give some of a folder at a time, and nothing at its end. */
async function* childrenOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    yield* some;
  }
}

/** What is in a folder that a page may read. */
export async function* filesOfDirectory(folder: FileSystemDirectoryHandle): AsyncGenerator<PickedBatch, void> {
  const picking = new Picking();
  const queue: Place<FileSystemDirectoryHandle>[] = [{ entry: folder, path: folder.name, depth: 0 }];
  for (let at = 0; at < queue.length; at += 1) {
    const { entry, path, depth } = queue[at] as Place<FileSystemDirectoryHandle>;
    if (depth >= MAX_DEPTH) {
      picking.tooDeep(path);
      continue;
    }
    if (depth > 0 && !picking.wantsFolder(path)) continue;
    try {
      for await (const child of handlesOf(entry)) {
        const place = `${path}/${child.name}`;
        if (child.kind === 'directory') {
          queue.push({ entry: child as FileSystemDirectoryHandle, path: place, depth: depth + 1 });
        } else if (picking.wants(place)) {
          await (child as FileSystemFileHandle).getFile().then(
            (file) => picking.take(file, place),
            (error) => picking.fail(place, error),
          );
        }
        if (picking.full) yield picking.batch();
      }
    } catch (error) {
      picking.fail(path, error);
    }
  }
  yield picking.batch();
}

const handlesOf = (folder: FileSystemDirectoryHandle) =>
  (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values();
