import { createHash } from 'node:crypto';
import { access, constants, lstat, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError, SinkError } from '../base/errors.ts';
import type { Draft, Place, Sink, Source } from '../base/ports.ts';
import { FileDraft } from './file-draft.ts';
import { createFileSource } from './file-source.ts';
import { DRAFT_SUFFIX, localNameProblem } from './local-name.ts';
import { isNotFound, makeFolder } from './make-folder.ts';
import type { Md5Pool } from './md5-pool.ts';
import { asSinkError, taken } from './sink-error.ts';

/**
 * Opens a folder to download into, and makes it where it does not exist.
 * @throws {ConfigurationError} where it can't be made or written.
 */
export async function openFileSink(folder: string, pool: Md5Pool): Promise<FileSink> {
  const path = resolve(folder);
  try {
    await makeFolder(path);
    if (!(await stat(path)).isDirectory()) throw taken(path);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigurationError(`Nothing was fetched. ${asSinkError(error, path).message}`, { cause: error });
  }
  return new FileSink(path, pool);
}

/**
 * A folder on disk. An unfinished download lies beside its file under a name that is made of the file's name and the
 * object's ETag, so that a later run resumes the same object or none.
 */
export class FileSink implements Sink {
  readonly #folder: string;
  readonly #pool: Md5Pool;
  /** The unfinished downloads that lay in a folder when it was first used. */
  readonly #drafts = new Map<string, Promise<Set<string>>>();
  #placing: Promise<void> = Promise.resolve();

  /** @param folder absolute. */
  constructor(folder: string, pool: Md5Pool) {
    this.#folder = folder;
    this.#pool = pool;
  }

  nameProblem(name: string): string | undefined {
    return localNameProblem(name);
  }

  pathOf({ folder, name }: Place): string {
    return join(this.#folderOf(folder), name);
  }

  async find(place: Place): Promise<Source | undefined> {
    const path = this.pathOf(place);
    const found = await stat(path).catch((error) => {
      if (isNotFound(error)) return undefined;
      throw asSinkError(error, path);
    });
    if (!found) return undefined;
    if (!found.isFile()) throw taken(path);
    const { size, mtimeMs, ctimeMs } = found;
    return createFileSource({ path, pool: this.#pool, size, modifiedMs: mtimeMs, changedMs: ctimeMs });
  }

  async draft(place: Place, etag: string): Promise<Draft> {
    const target = this.pathOf(place);
    const folder = dirname(target);
    const drafts = await this.#draftsIn(folder);
    const stem = `.${digest(place.name)}-`;
    const name = `${stem}${digest(etag)}${DRAFT_SUFFIX}`;
    for (const other of drafts) {
      if (!other.startsWith(stem) || other === name) continue;
      drafts.delete(other);
      await rm(join(folder, other), { force: true });
    }
    drafts.add(name);
    const path = join(folder, name);
    const put = async ({ overwrite }: { overwrite: boolean }) => {
      await this.#inTurn(() => putInPlace(path, { target, overwrite }));
      drafts.delete(name);
    };
    return await FileDraft.open({ path, target, pool: this.#pool, place: put });
  }

  #folderOf(folder: string | null): string {
    return folder === null ? this.#folder : join(this.#folder, folder);
  }

  #draftsIn(folder: string): Promise<Set<string>> {
    const known = this.#drafts.get(folder) ?? listDrafts(folder);
    this.#drafts.set(folder, known);
    return known;
  }

  /** One at a time: where case does not count, two names may be those of one file. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#placing.then(work);
    this.#placing = turn.catch(() => {});
    return turn;
  }
}

/** Makes the folder where it does not exist. */
async function listDrafts(folder: string): Promise<Set<string>> {
  try {
    await makeFolder(folder);
    return new Set((await readdir(folder)).filter((name) => name.endsWith(DRAFT_SUFFIX)));
  } catch (error) {
    throw asSinkError(error, folder);
  }
}

async function putInPlace(path: string, { target, overwrite }: { target: string; overwrite: boolean }): Promise<void> {
  try {
    if (!overwrite && (await exists(target))) {
      throw new SinkError('taken', `${target} was made by someone else meanwhile. It was not changed.`);
    }
    await rename(path, target);
    await syncFolder(dirname(target));
  } catch (error) {
    throw asSinkError(error, target);
  }
}

/** A dangling link counts too. */
async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error) => {
      if (isNotFound(error)) return false;
      throw error;
    },
  );
}

/** After this a power cut does not take the new name back. Some systems can't open a folder, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 20);
