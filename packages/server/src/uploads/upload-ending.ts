import { apiError, type schemas } from '@darkslide/contract';
import type { FileTable } from '../database/files.ts';
import type { ProjectRow, UploadRow } from '../database/tables.ts';
import type { UploadTable } from '../database/uploads.ts';
import { planCompletion } from './completion-plan.ts';
import { checkFileName, checkMd5 } from './file-names.ts';
import { findUpload } from './find-upload.ts';
import { keyOf } from './keys.ts';
import { type ObjectStore, StorageUnavailableError, type StoredObject, type StoredPart } from './object-store.ts';

export type CompleteRequest = { file_name: string; size?: number | null; md5?: string | null };

/** How long things take, in milliseconds. */
export type EndingTimes = {
  /** A node that completes or aborts holds the upload so long; longer than storage's own deadline. */
  hold: number;
  /** A request waits so long for another that holds the upload. */
  wait: number;
  /** It looks again so often. */
  poll: number;
};

const DEFAULT_TIMES: EndingTimes = { hold: 75_000, wait: 10_000, poll: 100 };

type Options = {
  uploads: UploadTable;
  files: FileTable;
  store: ObjectStore;
  now: () => number;
  times?: EndingTimes;
};

/**
 * How multipart uploads end. Several requests, on several nodes, may complete and abort the same one at once, and a
 * node may die at any point. Therefore:
 *
 *   open → completing → completed      completing → open where storage refuses
 *   open → aborting → aborted
 *
 * Each arrow is one conditional update, so that one request wins and the others look again. What completing will give
 * is recorded before storage is asked. A state that its node has held too long is taken over; whether storage had done
 * what was asked shows in that it no longer knows the upload, and in the object that then stands under the key.
 */
export class UploadEnding {
  readonly #uploads: UploadTable;
  readonly #files: FileTable;
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #times: EndingTimes;

  constructor({ uploads, files, store, now, times = DEFAULT_TIMES }: Options) {
    this.#uploads = uploads;
    this.#files = files;
    this.#store = store;
    this.#now = now;
    this.#times = times;
  }

  /** Completes from the parts that storage lists. Once completed, it answers the same again. */
  async complete(project: ProjectRow, uploadId: string, request: CompleteRequest): Promise<schemas.MultipartCompleted> {
    const name = checkFileName(request.file_name);
    const md5 = checkMd5(request.file_name, request.md5);
    const turn = this.#turns();
    for (;;) {
      const upload = await findUpload(this.#uploads, project, uploadId);
      if (upload.file_name !== name) throw apiError('upload_mismatch', { field: 'file_name', got: request.file_name });
      checkSize(upload, request.size);
      const key = keyOf(project.uuid, name);
      if (upload.state === 'completed') return { ...completed(upload), file_name: request.file_name, key };
      if (upload.state === 'aborted') throw apiError('upload_not_found', { uploadId });
      if (this.#isHeld(upload)) {
        await turn(upload);
        continue;
      }
      // Left behind half aborted: the intent was to abort, and the sweeper will.
      if (upload.state === 'aborting') throw apiError('upload_not_found', { uploadId });
      await this.#attempt(key, upload, { name: request.file_name, size: request.size ?? null, md5 });
    }
  }

  /** Aborts unless completed. Aborting again is no error. */
  async abort(project: ProjectRow, uploadId: string, request: { key?: string | null }): Promise<void> {
    const turn = this.#turns();
    for (;;) {
      const upload = await findUpload(this.#uploads, project, uploadId);
      const key = keyOf(project.uuid, upload.file_name);
      if (request.key !== null && request.key !== undefined && request.key.normalize('NFC') !== key)
        throw apiError('upload_mismatch', { field: 'key', got: request.key });
      if (upload.state === 'completed') throw apiError('upload_completed', { name: upload.file_name });
      if (upload.state === 'aborted') return;
      if (this.#isHeld(upload)) await turn(upload);
      else await this.#attemptAbort(key, upload);
    }
  }

  /** Aborts an upload of any project, unless someone holds it or it ended. Answers whether it did. */
  async abortIdle(projectUuid: string, upload: UploadRow): Promise<boolean> {
    if (this.#isHeld(upload)) return false;
    await this.#attemptAbort(keyOf(projectUuid, upload.file_name), upload);
    const after = await this.#uploads.find(upload.project_id, upload.upload_id);
    return after?.state === 'aborted';
  }

  /**
   * Storage does not know the upload: it was completed, if what stands under its key is what completing was to give,
   * and else it is gone. Does nothing where the row has changed meanwhile.
   */
  async settleVanished(projectUuid: string, upload: UploadRow): Promise<void> {
    if (this.#isHeld(upload)) return;
    await this.#settle(keyOf(projectUuid, upload.file_name), upload);
  }

  /** One attempt to complete an upload that nobody holds. What came of it stands in its row. */
  async #attempt(key: string, upload: UploadRow, request: { name: string; size: number | null; md5: string | null }) {
    const ref = { key, uploadId: upload.upload_id };
    const listed = await this.#store.listParts(ref);
    if (listed === undefined) return await this.#settle(key, upload);
    // An attempt that another node left behind did not succeed, or storage would not list the parts.
    if (upload.state === 'completing') return void (await this.#uploads.change(upload, { state: 'open' }));

    const declared = request.size ?? upload.declared_size;
    const { parts, size } = planCompletion({ ...request, partCount: upload.part_count, size: declared }, listed);
    if (request.md5 !== null)
      await this.#files.request(upload.project_id, [{ name: upload.file_name, md5: request.md5 }]);
    const etag = this.#store.etagOfParts(parts) ?? null;
    const held = await this.#uploads.change(upload, { state: 'completing', busy_until: this.#until(), size, etag });
    if (held !== undefined) await this.#completeHeld(key, held, { parts, size });
  }

  async #completeHeld(key: string, held: UploadRow, { parts, size }: { parts: readonly StoredPart[]; size: number }) {
    const ref = { key, uploadId: held.upload_id };
    const outcome = await this.#orRelease(held, () => this.#store.completeUpload({ ...ref, parts }));
    switch (outcome.kind) {
      case 'completed':
        return await this.#uploads.complete(held, { size, etag: outcome.etag, uploadedAt: this.#now() });
      case 'no-such-upload':
        return await this.#settle(key, held);
      case 'parts-changed':
        await this.#uploads.change(held, { state: 'open' });
        throw apiError('upload_busy', { name: held.file_name });
    }
  }

  async #attemptAbort(key: string, upload: UploadRow) {
    const ref = { key, uploadId: upload.upload_id };
    // Some storages answer an abort after a complete as if it had aborted, so that has to be known before.
    const wasAttempted = upload.size !== null;
    if (wasAttempted && (await this.#store.listParts(ref)) === undefined) return await this.#settle(key, upload);
    const held = await this.#uploads.change(upload, { state: 'aborting', busy_until: this.#until() });
    if (held === undefined) return;
    const outcome = await this.#orRelease(held, () => this.#store.abortUpload(ref));
    if (outcome === 'aborted') await this.#uploads.change(held, { state: 'aborted' });
    else await this.#settle(key, held);
  }

  async #settle(key: string, upload: UploadRow): Promise<void> {
    const object = upload.size === null ? undefined : await this.#orRelease(upload, () => this.#store.head(key));
    if (object === undefined || !cameOf(upload, object))
      return void (await this.#uploads.change(upload, { state: 'aborted' }));
    const { size, etag, lastModified } = object;
    await this.#uploads.complete(upload, { size, etag, uploadedAt: lastModified.getTime() });
  }

  /** Where storage leaves open what happened, lets the next request find out instead of waiting for this one. */
  async #orRelease<Result>(held: UploadRow, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const isStorages = error instanceof StorageUnavailableError;
      if (isStorages) await this.#uploads.change(held, { state: held.state }).catch(() => {});
      throw error;
    }
  }

  #isHeld({ busy_until }: UploadRow): boolean {
    return busy_until !== null && busy_until > this.#now();
  }

  #until(): number {
    return this.#now() + this.#times.hold;
  }

  /** Waits for whoever holds the upload, a poll at a time, and in all no longer than a request may. */
  #turns(): (upload: UploadRow) => Promise<void> {
    const { wait, poll } = this.#times;
    let waited = 0;
    return async (upload) => {
      if (waited >= wait) throw apiError('upload_busy', { name: upload.file_name });
      waited += poll;
      await new Promise((resolve) => setTimeout(resolve, poll));
    };
  }
}

/** A size declared at the start and another one now can't both be meant. */
function checkSize(upload: UploadRow, size: number | null | undefined): void {
  if (size === null || size === undefined || upload.declared_size === null || size === upload.declared_size) return;
  throw apiError('upload_mismatch', { field: 'size', got: String(size) });
}

/** Whether the object is what completing the upload was to give. Without an ETag to compare, it is at least no older. */
function cameOf(upload: UploadRow, object: StoredObject): boolean {
  if (object.size !== upload.size) return false;
  if (upload.etag !== null) return object.etag === upload.etag;
  return object.lastModified.getTime() >= Math.floor(upload.created_at / 1000) * 1000;
}

function completed({ size, etag }: UploadRow): { size: number; etag: string } {
  if (size === null || etag === null) throw new Error('A completed upload has no size or etag in the database.');
  return { size, etag };
}
