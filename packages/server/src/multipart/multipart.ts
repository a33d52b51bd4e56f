import { apiError, type schemas } from '@darkslide/contract';
import { checkFileName, checkMd5 } from '../base/file-names.ts';
import { mapInTurns } from '../base/in-turns.ts';
import type { AccessedProject } from '../base/scope.ts';
import type { UploadRow } from '../database/tables.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { keyOf } from '../storage/object-keys.ts';
import type { LinkSigner, ObjectStore, StoredPart } from '../storage/object-store.ts';
import { checkPartSize, isBoundInBytes, linkLife, partLength, type TokenLimits } from '../tokens/token-limits.ts';
import { findUpload } from './find-upload.ts';
import type { UploadEnding } from './upload-completion.ts';
import type { NewUpload, UploadTable } from './upload-table.ts';

export type StartRequest = {
  file_name: string;
  part_count: number;
  size?: number | null;
  part_size?: number | null;
  md5?: string | null;
  /** False: no links now, the client asks for them as it goes. */
  links?: boolean;
};

type Options = {
  uploads: UploadTable;
  store: ObjectStore;
  ending: UploadEnding;
  limits: TokenLimits;
  quotas: Quotas;
  now: () => number;
};

/** Multipart uploads while they are open: started, looked at, and their parts' links. */
export class MultipartUploads {
  readonly #uploads: UploadTable;
  readonly #store: ObjectStore;
  readonly #ending: UploadEnding;
  readonly #limits: TokenLimits;
  readonly #quotas: Quotas;
  readonly #now: () => number;

  constructor({ uploads, store, ending, limits, quotas, now }: Options) {
    this.#uploads = uploads;
    this.#store = store;
    this.#ending = ending;
    this.#limits = limits;
    this.#quotas = quotas;
    this.#now = now;
  }

  async start(project: AccessedProject, request: StartRequest): Promise<schemas.MultipartStarted> {
    const { file_name: sent, part_count, size = null, part_size = null } = request;
    const name = checkFileName(sent);
    const md5 = checkMd5(sent, request.md5);
    const isBound = isBoundInBytes(project);
    const partSize = checkPartSize(sent, { size, partCount: part_count, partSize: part_size, required: isBound });
    const signer = await this.#store.signer(linkLife(project));
    await this.#limits.claim(project, [{ sent, name, size }]);

    const upload = await this.#open(
      project,
      { file_name: name, part_count, declared_size: size, part_size: isBound ? partSize : null },
      md5,
    );
    const key = keyOf(project.uuid, name);
    const started = { upload_id: upload.upload_id, key };
    if (request.links === false) return { ...started, parts: [], expires_at: null };
    const numbers = Array.from({ length: part_count }, (_, index) => index + 1);
    return { ...started, ...(await signParts(signer, { key, upload }, numbers)) };
  }

  /** Fresh links for some parts, in the order asked for, each once. */
  async partLinks(
    project: AccessedProject,
    uploadId: string,
    partNumbers: readonly number[],
  ): Promise<schemas.PartLinks> {
    const upload = await this.#findOpen(project, uploadId);
    const wrong = partNumbers.filter((number) => !isPartOf(upload, number));
    if (wrong.length > 0) {
      const params = { got: String(wrong[0]), partCount: upload.part_count };
      throw apiError('invalid_part_number', params, { details: wrong });
    }
    const signer = await this.#store.signer(linkLife(project));
    await this.#uploads.linksIssued(upload.id, this.#now());
    const key = keyOf(project.uuid, upload.file_name);
    return signParts(signer, { key, upload }, [...new Set(partNumbers)]);
  }

  /** The upload's state, and of an open one the parts that storage holds. */
  async get(project: AccessedProject, uploadId: string): Promise<schemas.MultipartUpload> {
    const upload = await findUpload(this.#uploads, project, uploadId);
    if (upload.state !== 'open' && upload.state !== 'completing') return { ...describe(project, upload), parts: [] };
    const parts = await this.#store.listParts({ key: keyOf(project.uuid, upload.file_name), uploadId });
    if (parts !== undefined) return { ...describe(project, upload), parts: parts.map(describePart) };
    await this.#ending.settleVanished(project.uuid, upload);
    return { ...describe(project, await findUpload(this.#uploads, project, uploadId)), parts: [] };
  }

  /** One page of the open ones, oldest first. The next page is `after: next`. */
  async list(project: AccessedProject, { after, limit }: { after: number; limit: number }) {
    const rows = await this.#uploads.listOpen(project.id, { after, limit: limit + 1, tokenId: project.token?.id });
    const page = rows.slice(0, limit);
    return {
      uploads: page.map((upload) => describe(project, upload)),
      next: rows.length > limit ? page.at(-1)?.id : undefined,
    };
  }

  /** Opens an upload in storage, and records it. A token has one open upload a name: its earlier ones end. */
  async #open(
    project: AccessedProject,
    upload: Omit<NewUpload, 'project_id' | 'upload_id'>,
    md5: string | null,
  ): Promise<UploadRow> {
    const key = keyOf(project.uuid, upload.file_name);
    const uploadId = await this.#store.createUpload(key);
    const ids = { project_id: project.id, upload_id: uploadId, token_id: project.token?.id ?? null };
    try {
      const forUploads = await this.#quotas.forUploads(project.account_id);
      const row = await this.#quotas.forNames(project.account_id, (forNames) =>
        this.#uploads.add(
          { ...upload, ...ids },
          { md5, now: this.#now() },
          [forNames, forUploads].filter((check) => check !== undefined),
        ),
      );
      for (const earlier of await this.#uploads.earlierOfToken(row)) {
        await this.#ending.abortIdle(project.uuid, earlier);
      }
      return row;
    } catch (error) {
      // Where this fails too, the sweeper finds the upload later.
      await this.#store.abortUpload({ key, uploadId }).catch(() => {});
      throw error;
    }
  }

  async #findOpen(project: AccessedProject, uploadId: string): Promise<UploadRow> {
    const upload = await findUpload(this.#uploads, project, uploadId);
    if (upload.state === 'completed') throw apiError('upload_completed', { name: upload.file_name });
    if (upload.state === 'aborting' || upload.state === 'aborted') throw apiError('upload_not_found', { uploadId });
    return upload;
  }
}

const isPartOf = (upload: UploadRow, number: number) =>
  Number.isInteger(number) && number >= 1 && number <= upload.part_count;

async function signParts(
  signer: LinkSigner,
  { key, upload }: { key: string; upload: UploadRow },
  numbers: readonly number[],
) {
  const ref = { key, uploadId: upload.upload_id };
  const parts = await mapInTurns(numbers, (number) => ({
    part_number: number,
    upload_url: signer.putPart(ref, number, { size: partLength(upload, number) }),
  }));
  return { parts, expires_at: signer.expiresAt.toISOString() };
}

const describePart = ({ partNumber, size, etag }: StoredPart): schemas.Part => ({
  part_number: partNumber,
  size,
  etag,
});

const describe = (project: AccessedProject, upload: UploadRow) => ({
  upload_id: upload.upload_id,
  key: keyOf(project.uuid, upload.file_name),
  file_name: upload.file_name,
  state: upload.state === 'aborting' ? ('aborted' as const) : upload.state,
  part_count: upload.part_count,
  size: upload.state === 'completed' ? upload.size : upload.declared_size,
  created_at: new Date(upload.created_at).toISOString(),
});
