import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open, opendir, readdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectorySync, syncDirectory } from './directory-sync.ts';
import { asStorageError, type EarlySyncs, NewBlob } from './new-blob.ts';
import { ownFolder } from './private.ts';

const FOLDERS = 256;
/** Consecutive blobs share a folder, so that writers at one time share its sync. */
const BLOBS_PER_TURN = 1024;

/** At most this many files wait to be removed; a caller that adds more waits. */
const MAX_REMOVABLE = 10_000;

/** Ends the name of a file that is not sealed yet: it was never acknowledged. */
export const PARTIAL = '.partial';

const BLOB_NAME = /^([0-9a-z]+)-[0-9a-z]+$/;

/** The run that wrote a blob, by its name, with or without its folder; undefined where this is not a blob's name. */
export const runOf = (blob: string): string | undefined => BLOB_NAME.exec(blob.slice(blob.indexOf('/') + 1))?.[1];

const folderName = (number: number) => number.toString(16).padStart(2, '0');

/** The names of the folders of blobs. */
export const blobFolders = (): string[] => Array.from({ length: FOLDERS }, (_, number) => folderName(number));

/** Whether there is any file where blobs are. */
export async function holdsBlobs(root: string): Promise<boolean> {
  for (const folder of blobFolders()) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for await (const _entry of await opendir(path)) return true;
  }
  return false;
}

/**
 * The folder of blobs: files written once, synced, and never changed. Their names are made here, `3f/<start>-<count>`;
 * nothing that a client sent is part of a path.
 */
export class Blobs {
  readonly #root: string;
  /** Marks this run's blobs, so that the sweep leaves alone what is being written. */
  readonly run = `${Date.now().toString(36)}${randomBytes(4).toString('hex')}`;
  readonly #syncs: DirectorySync[];
  readonly #earlySyncs: EarlySyncs = { running: 0 };
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();
  /** No longer referred to, but still on disk. */
  readonly #removable: string[] = [];
  #removing: Promise<void> | undefined;
  #count = 0;

  private constructor(root: string) {
    this.#root = root;
    this.#syncs = Array.from({ length: FOLDERS }, (_, number) => new DirectorySync(join(root, folderName(number))));
  }

  /** `fresh` makes the folders. Otherwise all must exist: a missing one means that bytes were lost or not mounted. */
  static async open(root: string, { fresh }: { fresh: boolean }): Promise<Blobs> {
    for (const folder of [root, ...blobFolders().map((name) => join(root, name))]) {
      if (!fresh && !existsSync(folder)) {
        throw new Error(`${folder} is missing: restore the data folder, or start a new one`);
      }
      ownFolder(folder);
    }
    if (fresh) await syncDirectory(root);
    return new Blobs(root);
  }

  path(blob: string): string {
    return join(this.#root, blob);
  }

  /** Opens a fresh file for writing. @throws {S3Error} StorageFull */
  async create(): Promise<NewBlob> {
    const count = this.#count++;
    const folder = Math.floor(count / BLOBS_PER_TURN) % FOLDERS;
    const name = `${folderName(folder)}/${this.run}-${count.toString(36)}`;
    const path = this.path(name);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const handle = await open(`${path}${PARTIAL}`, flags, 0o600).catch(asStorageError);
    return new NewBlob({
      name,
      partialPath: `${path}${PARTIAL}`,
      path,
      handle,
      directory: this.#syncs[folder] as DirectorySync,
      earlySyncs: this.#earlySyncs,
    });
  }

  /** Keeps the blobs' files until the returned function is called; call it once. */
  retain(blobs: readonly string[]): () => void {
    for (const blob of blobs) this.#readers.set(blob, (this.#readers.get(blob) ?? 0) + 1);
    return () => {
      for (const blob of blobs) this.#release(blob);
    };
  }

  /**
   * Has files removed that nothing refers to any more, those being read as soon as that ends. Does not wait for it,
   * unless many are waiting already. A file that cannot be removed is swept at the next start.
   */
  async remove(blobs: readonly string[]): Promise<void> {
    for (const blob of blobs) {
      if (this.#readers.has(blob)) this.#doomed.add(blob);
      else this.#removable.push(blob);
    }
    if (this.#removable.length > 0) this.#removing ??= this.#removeAll();
    if (this.#removable.length > MAX_REMOVABLE) await this.#removing;
  }

  /** Resolves when all that could be removed is. */
  async close(): Promise<void> {
    await this.#removing;
  }

  /** What an earlier run left in a folder: names without the folder. */
  async earlierIn(folder: string): Promise<string[]> {
    const names = await readdir(join(this.#root, folder));
    return names.filter((name) => !name.startsWith(this.run));
  }

  /** Resolves once all that was removed from the folder stays so. */
  syncFolder(folder: string): Promise<void> {
    return syncDirectory(join(this.#root, folder));
  }

  /** Bytes that the disk has left for us. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#root);
    return bavail * bsize;
  }

  /** Bytes of the disk that are in use, by us and others. */
  async usedBytes(): Promise<number> {
    const { blocks, bfree, bsize } = await statfs(this.#root);
    return (blocks - bfree) * bsize;
  }

  #release(blob: string): void {
    const left = (this.#readers.get(blob) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(blob, left);
      return;
    }
    this.#readers.delete(blob);
    if (this.#doomed.delete(blob)) this.remove([blob]);
  }

  async #removeAll(): Promise<void> {
    for (let blob = this.#removable.shift(); blob !== undefined; blob = this.#removable.shift()) {
      await unlink(this.path(blob)).catch(() => {});
    }
    this.#removing = undefined;
  }
}
