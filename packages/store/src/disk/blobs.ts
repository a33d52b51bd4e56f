import { randomBytes } from 'node:crypto';
import { constants, existsSync, mkdirSync } from 'node:fs';
import { open, opendir, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectorySync, syncDirectory } from './directory-sync.ts';
import { asStorageError, type EarlySyncs, NewBlob } from './new-blob.ts';

const FOLDERS = 256;
/** Consecutive blobs share a folder, so that writers at one time share its sync. */
const BLOBS_PER_TURN = 1024;

/** Names of files waiting to be removed; whoever adds more waits. */
const MAX_REMOVABLE = 10_000;

const folderName = (number: number) => number.toString(16).padStart(2, '0');

/**
 * The folder of blobs: files written once, synced, and never changed. Their names are made here, `3f/<start>-<count>`;
 * nothing that a client sent is part of a path.
 */
export class Blobs {
  readonly #root: string;
  /** Marks this run's blobs, so that the sweep leaves alone what is being written. */
  readonly #run = `${Date.now().toString(36)}${randomBytes(4).toString('hex')}`;
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

  /** `fresh` makes the folders. Otherwise all must stand: a missing one means that bytes were lost or not mounted. */
  static async open(root: string, { fresh }: { fresh: boolean }): Promise<Blobs> {
    for (let number = 0; number < FOLDERS; number++) {
      const folder = join(root, folderName(number));
      if (fresh) mkdirSync(folder, { recursive: true });
      else if (!existsSync(folder))
        throw new Error(`${folder} is missing: restore the data folder, or start a new one`);
    }
    if (fresh) await syncDirectory(root);
    return new Blobs(root);
  }

  path(blob: string): string {
    return join(this.#root, blob);
  }

  /** Opens a fresh file for writing. Throws StorageFull. */
  async create(): Promise<NewBlob> {
    const count = this.#count++;
    const folder = Math.floor(count / BLOBS_PER_TURN) % FOLDERS;
    const name = `${folderName(folder)}/${this.#run}-${count.toString(36)}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const handle = await open(this.path(name), flags, 0o600).catch(asStorageError);
    return new NewBlob({
      name,
      path: this.path(name),
      handle,
      directory: this.#syncs[folder] as DirectorySync,
      earlySyncs: this.#earlySyncs,
    });
  }

  /** Keeps the blobs' files until the answered function is called; call it once. */
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

  async exists(blob: string): Promise<boolean> {
    try {
      await stat(this.path(blob));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Every blob on disk that an earlier run wrote. */
  async *written(): AsyncGenerator<string> {
    for (let number = 0; number < FOLDERS; number++) {
      const folder = folderName(number);
      for await (const entry of await opendir(join(this.#root, folder), { bufferSize: 256 })) {
        if (!entry.name.startsWith(this.#run)) yield `${folder}/${entry.name}`;
      }
    }
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
