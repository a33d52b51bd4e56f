import type { schemas } from '@darkslide/contract';
import type { FileTable } from '../database/files.ts';
import type { ProjectRow } from '../database/tables.ts';
import { checkFileName, checkMd5, checkUnique } from './file-names.ts';
import { keyOf } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export type FileRequest = { file_name: string; md5?: string | null };

/** Issues the links that single PUTs go to. */
export class UploadLinks {
  readonly #files: FileTable;
  readonly #store: ObjectStore;

  constructor({ files, store }: { files: FileTable; store: ObjectStore }) {
    this.#files = files;
    this.#store = store;
  }

  /** One link a file, in order, or none at all: every name is checked before the first is recorded. */
  async issue(project: ProjectRow, requests: readonly FileRequest[]): Promise<schemas.UploadLink[]> {
    const files = requests.map(({ file_name, md5 }) => ({
      sent: file_name,
      name: checkFileName(file_name),
      md5: checkMd5(file_name, md5),
    }));
    checkUnique(files);
    const signer = await this.#store.signer();
    await this.#files.request(project.id, files);
    const expires_at = signer.expiresAt.toISOString();
    return files.map(({ sent, name }) => ({
      file_name: sent,
      upload_link: signer.put(keyOf(project.uuid, name)),
      expires_at,
    }));
  }
}
