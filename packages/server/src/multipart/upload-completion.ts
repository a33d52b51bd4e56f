import { apiError, type schemas } from '@darkslide/contract';
import type { FileTable } from '../arrivals/file-table.ts';
import { checkFileName, checkMd5 } from '../base/file-names.ts';
import type { AccessedProject } from '../base/scope.ts';
import type { UploadRow, UploadTokenRow } from '../database/tables.ts';
import { keyOf } from '../storage/object-keys.ts';
import {
  type ObjectStore,
  StorageUnavailableError,
  type StoredObject,
  type StoredPart,
} from '../storage/object-store.ts';
import { planCompletion } from './completion-plan.ts';
import { findUpload } from './find-upload.ts';
import type { UploadTable } from './upload-table.ts';

export type CompleteRequest = { file_name: string; size?: number | null; md5?: string | null };

type Attempt = { name: string; size: number | null; md5: string | null; token: UploadTokenRow | undefined };

/** How long things take, in milliseconds. */
export type EndingTimes = {
  /** A node that completes or aborts holds the upload for this long, and renews that while storage works. */
  holdMs: number;
  renewMs: number;
  /** A request waits at most this long for another that holds the upload. */
  waitMs: number;
  /** The time between two looks. */
  pollMs: number;
};

const DEFAULT_TIMES: EndingTimes = { holdMs: 15_000, renewMs: 5000, waitMs: 10_000, pollMs: 100 };

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
 * is recorded before storage is asked. A state that its node holds no longer is taken over; whether storage had done
 * what was asked shows in that it no longer knows the upload, and in the object that the key then has.
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

  /** Completes from the parts that storage lists. Once completed, it returns the same again. */
  async complete(
    project: AccessedProject,
    uploadId: string,
    request: CompleteRequest,
  ): Promise<schemas.MultipartCompleted> {
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
      if (isHeld(upload)) {
        await turn(upload);
        continue;
      }
      // Left behind half aborted: the intent was to abort, and the sweeper will.
      if (upload.state === 'aborting') throw apiError('upload_not_found', { uploadId });
      const { token } = project;
      await this.#attempt(key, upload, { name: request.file_name, size: request.size ?? null, md5, token });
    }
  }

  /** Aborts unless completed. Aborting again is not an error. */
  async abort(project: AccessedProject, uploadId: string, request: { key?: string | null }): Promise<void> {
    const turn = this.#turns();
    for (;;) {
      const upload = await findUpload(this.#uploads, project, uploadId);
      const key = keyOf(project.uuid, upload.file_name);
      if (request.key !== null && request.key !== undefined && request.key.normalize('NFC') !== key) {
        throw apiError('upload_mismatch', { field: 'key', got: request.key });
      }
      if (upload.state === 'completed') throw apiError('upload_completed', { name: upload.file_name });
      if (upload.state === 'aborted') return;
      if (isHeld(upload)) await turn(upload);
      else await this.#attemptAbort(key, upload);
    }
  }

  /** Ends what a node that died began to end, unless someone holds it: aborts it, or finds out what complete did. */
  async finish(projectUuid: string, upload: UploadRow): Promise<void> {
    if (isHeld(upload)) return;
    const key = keyOf(projectUuid, upload.file_name);
    if (upload.state === 'aborting') await this.#attemptAbort(key, upload);
    else if (upload.state === 'completing') await this.#takeOver(key, upload);
  }

  /** Aborts an upload of any project, unless someone holds it or it ended. Returns whether it did. */
  async abortIdle(projectUuid: string, upload: UploadRow): Promise<boolean> {
    if (isHeld(upload)) return false;
    await this.#attemptAbort(keyOf(projectUuid, upload.file_name), upload);
    const after = await this.#uploads.find(upload.project_id, upload.upload_id);
    return after?.state === 'aborted';
  }

  /**
   * Storage does not know the upload: it was completed if its key has the object that completing was to make, and
   * else it is gone. Does nothing where the row has changed meanwhile.
   */
  async settleVanished(projectUuid: string, upload: UploadRow): Promise<void> {
    if (isHeld(upload)) return;
    await this.#settle(keyOf(projectUuid, upload.file_name), upload);
  }

  /** One attempt to complete an upload that no node holds. Its row has the result. */
  async #attempt(key: string, upload: UploadRow, request: Attempt) {
    if (upload.state === 'completing') return await this.#takeOver(key, upload);
    const listed = await this.#store.listParts({ key, uploadId: upload.upload_id });
    if (listed === undefined) return await this.#settle(key, upload);

    const declared = request.size ?? upload.declared_size;
    const { parts, size } = planCompletion({ ...request, partCount: upload.part_count, size: declared }, listed);
    if (request.md5 !== null) {
      const { token, md5 } = request;
      await this.#files.request({ id: upload.project_id, token }, [{ name: upload.file_name, md5 }]);
    }
    const etag = this.#store.etagOfParts(parts) ?? null;
    const held = await this.#uploads.change(upload, { state: 'completing', holdMs: this.#times.holdMs, size, etag });
    if (held === undefined) return;
    // Bytes that came by an upload token replace no file; an API key may.
    await this.#completeHeld(key, held, { parts, size, ifAbsent: request.token !== undefined });
  }

  /** A complete that another node left behind: where storage still lists the parts, it did not succeed. */
  async #takeOver(key: string, upload: UploadRow): Promise<void> {
    const listed = await this.#store.listParts({ key, uploadId: upload.upload_id });
    if (listed === undefined) await this.#settle(key, upload);
    else await this.#uploads.change(upload, { state: 'open' });
  }

  async #completeHeld(
    key: string,
    held: UploadRow,
    { parts, size, ifAbsent }: { parts: readonly StoredPart[]; size: number; ifAbsent: boolean },
  ) {
    const ref = { key, uploadId: held.upload_id };
    // Where storage does not hold to the condition, of two completes one would replace what the other one made.
    if (ifAbsent && !this.#store.conditions.complete && (await this.#uploads.isCompletedBeside(held))) {
      await this.#uploads.change(held, { state: 'open' });
      throw apiError('upload_busy', { name: held.file_name });
    }
    const outcome = await this.#holding(held, () => this.#store.completeUpload({ ...ref, parts, ifAbsent }));
    switch (outcome.kind) {
      case 'completed':
        return await this.#uploads.complete(held, { size, etag: outcome.etag, uploadedAt: this.#now() });
      case 'no-such-upload':
        return await this.#settle(key, held);
      case 'exists': {
        // Perhaps by this very upload, whose response was lost on its way to us.
        if ((await this.#orRelease(held, () => this.#store.listParts(ref))) === undefined) {
          return await this.#settle(key, held);
        }
        await this.#uploads.change(held, { state: 'open' });
        throw apiError('file_exists', { name: held.file_name });
      }
      case 'parts-changed':
        await this.#uploads.change(held, { state: 'open' });
        throw apiError('upload_busy', { name: held.file_name });
    }
  }

  async #attemptAbort(key: string, upload: UploadRow) {
    const ref = { key, uploadId: upload.upload_id };
    // Some storages respond to an abort after a complete as if it had aborted, so that has to be known before, and after.
    const wasAttempted = upload.size !== null;
    if (wasAttempted && (await this.#store.listParts(ref)) === undefined) return await this.#settle(key, upload);
    const held = await this.#uploads.change(upload, { state: 'aborting', holdMs: this.#times.holdMs });
    if (held === undefined) return;
    const outcome = await this.#holding(held, () => this.#store.abortUpload(ref));
    if (outcome === 'aborted' && !wasAttempted) await this.#uploads.change(held, { state: 'aborted' });
    else await this.#settle(key, held);
  }

  async #settle(key: string, upload: UploadRow): Promise<void> {
    const object = upload.size === null ? undefined : await this.#orRelease(upload, () => this.#store.head(key));
    if (object === undefined || !cameOf(upload, object)) {
      return void (await this.#uploads.change(upload, { state: 'aborted' }));
    }
    const { size, etag, lastModified } = object;
    await this.#uploads.complete(upload, { size, etag, uploadedAt: lastModified.getTime() });
  }

  /** Holds the upload for as long as storage works on it, so that a node's death frees it soon. */
  async #holding<Result>(held: UploadRow, work: () => Promise<Result>): Promise<Result> {
    const { holdMs, renewMs } = this.#times;
    // A renewal that fails does not stop the work: the next may succeed, and a node that takes over sees what was done.
    const renewal = setInterval(() => void this.#uploads.holdOn(held, holdMs).catch(() => {}), renewMs);
    try {
      return await this.#orRelease(held, work);
    } finally {
      clearInterval(renewal);
    }
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

  /** Waits for the node that holds the upload, a poll at a time, and in all no longer than a request may. */
  #turns(): (upload: UploadRow) => Promise<void> {
    const { waitMs, pollMs } = this.#times;
    let waited = 0;
    return async (upload) => {
      if (waited >= waitMs) throw apiError('upload_busy', { name: upload.file_name });
      waited += pollMs;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    };
  }
}

const isHeld = ({ held_for }: UploadRow) => held_for > 0;

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
