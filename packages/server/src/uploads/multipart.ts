import { apiError, type schemas } from '@darkslide/contract';
import type { ProjectRow, UploadRow } from '../database/tables.ts';
import type { UploadTable } from '../database/uploads.ts';
import { checkFileName, checkMd5 } from './file-names.ts';
import { findUpload } from './find-upload.ts';
import { keyOf } from './keys.ts';
import type { LinkSigner, ObjectStore, StoredPart, UploadRef } from './object-store.ts';
import type { UploadEnding } from './upload-ending.ts';

export type StartRequest = {
  file_name: string;
  part_count: number;
  size?: number | null;
  md5?: string | null;
  /** False: no links now, the client asks for them as it goes. */
  links?: boolean;
};

type Options = { uploads: UploadTable; store: ObjectStore; ending: UploadEnding; now: () => number };

/** Multipart uploads while they are open: started, looked at, and their parts' links. */
export class MultipartUploads {
  readonly #uploads: UploadTable;
  readonly #store: ObjectStore;
  readonly #ending: UploadEnding;
  readonly #now: () => number;

  constructor({ uploads, store, ending, now }: Options) {
    this.#uploads = uploads;
    this.#store = store;
    this.#ending = ending;
    this.#now = now;
  }

  async start(project: ProjectRow, request: StartRequest): Promise<schemas.MultipartStarted> {
    const name = checkFileName(request.file_name);
    const md5 = checkMd5(request.file_name, request.md5);
    const key = keyOf(project.uuid, name);
    const signer = await this.#store.signer();
    const uploadId = await this.#store.createUpload(key);
    const upload = {
      project_id: project.id,
      upload_id: uploadId,
      file_name: name,
      part_count: request.part_count,
      declared_size: request.size ?? null,
    };
    try {
      await this.#uploads.add(upload, { md5, now: this.#now() });
    } catch (error) {
      // Where this fails too, the sweeper finds the upload later.
      await this.#store.abortUpload({ key, uploadId }).catch(() => {});
      throw error;
    }
    if (request.links === false) return { upload_id: uploadId, key, parts: [], expires_at: null };
    const numbers = Array.from({ length: request.part_count }, (_, index) => index + 1);
    return { upload_id: uploadId, key, ...signParts(signer, { key, uploadId }, numbers) };
  }

  /** Fresh links for some parts, in the order asked for, each once. */
  async partLinks(project: ProjectRow, uploadId: string, partNumbers: readonly number[]): Promise<schemas.PartLinks> {
    const upload = await this.#findOpen(project, uploadId);
    const wrong = partNumbers.filter((number) => !isPartOf(upload, number));
    if (wrong.length > 0) {
      const params = { got: String(wrong[0]), partCount: upload.part_count };
      throw apiError('invalid_part_number', params, { details: wrong });
    }
    const signer = await this.#store.signer();
    await this.#uploads.linksIssued(upload.id, this.#now());
    const key = keyOf(project.uuid, upload.file_name);
    return signParts(signer, { key, uploadId }, [...new Set(partNumbers)]);
  }

  /** The upload's state, and of an open one the parts that storage holds. */
  async get(project: ProjectRow, uploadId: string): Promise<schemas.MultipartUpload> {
    const upload = await findUpload(this.#uploads, project, uploadId);
    if (upload.state !== 'open' && upload.state !== 'completing') return { ...describe(project, upload), parts: [] };
    const parts = await this.#store.listParts({ key: keyOf(project.uuid, upload.file_name), uploadId });
    if (parts !== undefined) return { ...describe(project, upload), parts: parts.map(describePart) };
    await this.#ending.settleVanished(project.uuid, upload);
    return { ...describe(project, await findUpload(this.#uploads, project, uploadId)), parts: [] };
  }

  /** One page of the open ones, oldest first. Go on with `after: next`. */
  async list(project: ProjectRow, { after, limit }: { after: number; limit: number }) {
    const rows = await this.#uploads.listOpen(project.id, { after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return {
      uploads: page.map((upload) => describe(project, upload)),
      next: rows.length > limit ? page.at(-1)?.id : undefined,
    };
  }

  async #findOpen(project: ProjectRow, uploadId: string): Promise<UploadRow> {
    const upload = await findUpload(this.#uploads, project, uploadId);
    if (upload.state === 'completed') throw apiError('upload_completed', { name: upload.file_name });
    if (upload.state === 'aborting' || upload.state === 'aborted') throw apiError('upload_not_found', { uploadId });
    return upload;
  }
}

const isPartOf = (upload: UploadRow, number: number) =>
  Number.isInteger(number) && number >= 1 && number <= upload.part_count;

function signParts(signer: LinkSigner, upload: UploadRef, numbers: readonly number[]) {
  const parts = numbers.map((number) => ({ part_number: number, upload_url: signer.putPart(upload, number) }));
  return { parts, expires_at: signer.expiresAt.toISOString() };
}

const describePart = ({ partNumber, size, etag }: StoredPart): schemas.Part => ({
  part_number: partNumber,
  size,
  etag,
});

const describe = (project: ProjectRow, upload: UploadRow) => ({
  upload_id: upload.upload_id,
  key: keyOf(project.uuid, upload.file_name),
  file_name: upload.file_name,
  state: upload.state === 'aborting' ? ('aborted' as const) : upload.state,
  part_count: upload.part_count,
  size: upload.state === 'completed' ? upload.size : upload.declared_size,
  created_at: new Date(upload.created_at).toISOString(),
});
