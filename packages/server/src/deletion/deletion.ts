import { apiError } from '@darkslide/contract';
import type { FileTable } from '../arrivals/file-table.ts';
import { checkFileName } from '../base/file-names.ts';
import { mapWithLimit } from '../base/map-with-limit.ts';
import type { ProjectRow } from '../database/tables.ts';
import type { UploadEnding } from '../multipart/upload-completion.ts';
import type { UploadTable } from '../multipart/upload-table.ts';
import type { ProjectTable } from '../projects/project-table.ts';
import { keyOf, prefixOf, thumbnailKeyOf, thumbnailPrefixOf } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** Objects on one page of storage's listing, S3's most. */
const PAGE = 1000;
/** Objects removed at once. */
const CONCURRENT_REMOVALS = 16;
const UPLOADS_AT_ONCE = 100;
/** One request removes for at most this long, in milliseconds; the next continues. */
const PATIENCE_MS = 10_000;

type Options = {
  projects: ProjectTable;
  files: FileTable;
  uploads: UploadTable;
  ending: UploadEnding;
  store: ObjectStore;
  now: () => number;
};

/**
 * Deletes files and projects. Storage comes first, and what the database knows goes when storage has confirmed: a
 * deletion that is cut short at any point goes on when it is asked for again.
 */
export class Deletion {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** @throws {ApiError} file_not_found, upload_busy, storage_delete_refused */
  async deleteFile(project: ProjectRow, fileName: string): Promise<void> {
    const { files, store } = this.#options;
    const name = checkFileName(fileName);
    const key = keyOf(project.uuid, name);
    const row = await files.find(project.id, name);
    if (row === undefined && (await store.head(key)) === undefined) {
      throw apiError('file_not_found', { name: fileName });
    }
    await this.#abortUploads(project, { fileName: name });
    const thumbnail = thumbnailKeyOf(project.uuid, name);
    await this.#remove([key, thumbnail]);
    await files.remove(project.id, name);
    // Made while the file was being deleted.
    await this.#remove([thumbnail]);
  }

  /**
   * Returns whether all is gone; where there is much to remove, several calls are needed.
   * @throws {ApiError} upload_busy, storage_delete_refused
   */
  async deleteProject(project: ProjectRow): Promise<boolean> {
    const { projects, store, now } = this.#options;
    const until = performance.now() + PATIENCE_MS;
    const prefix = prefixOf(project.uuid);
    // Asked first with a single object: where storage refuses that, no upload is aborted either.
    const [first] = (await store.list({ prefix, startAfter: prefix, limit: 1 })).objects;
    await this.#remove(first === undefined ? [] : [first.key]);
    await this.#abortUploads(project, {});
    if (!(await this.#empty(project.uuid, until))) return false;
    while (!(await projects.remove(project, { now: now(), limit: PAGE * 10 }))) {
      if (performance.now() > until) return false;
    }
    return true;
  }

  /** What late PUTs brought into a project that was deleted. */
  async clear(projectUuid: string): Promise<void> {
    await this.#empty(projectUuid, Number.POSITIVE_INFINITY);
  }

  /** Files and thumbnails. Returns whether all are gone; `until` is a moment of `performance.now()`. */
  async #empty(projectUuid: string, until: number): Promise<boolean> {
    for (const prefix of [prefixOf(projectUuid), thumbnailPrefixOf(projectUuid)]) {
      for (;;) {
        const { objects } = await this.#options.store.list({ prefix, startAfter: prefix, limit: PAGE });
        if (objects.length === 0) break;
        await this.#remove(objects.map(({ key }) => key));
        if (performance.now() > until) return false;
      }
    }
    return true;
  }

  async #remove(keys: readonly string[]): Promise<void> {
    await mapWithLimit(keys, CONCURRENT_REMOVALS, async (key) => {
      if ((await this.#options.store.remove(key)) === 'refused') throw apiError('storage_delete_refused', {});
    });
  }

  async #abortUploads(project: ProjectRow, which: { fileName?: string }): Promise<void> {
    const { uploads, ending } = this.#options;
    for (;;) {
      const open = await uploads.unfinished(project.id, { ...which, limit: UPLOADS_AT_ONCE });
      if (open.length === 0) return;
      for (const upload of open) {
        if (await ending.abortIdle(project.uuid, upload)) continue;
        // Completed meanwhile, and removed with the other files; or another node is at it.
        const now = await uploads.find(project.id, upload.upload_id);
        if (now?.state !== 'completed') throw apiError('upload_busy', { name: upload.file_name });
      }
    }
  }
}
