import { apiError, IF_ABSENT, type schemas } from '@darkslide/contract';
import type { FileTable } from '../arrivals/file-table.ts';
import { checkFileName, checkMd5, checkUnique } from '../base/file-names.ts';
import { mapInTurns } from '../base/in-turns.ts';
import type { AccessedProject } from '../base/scope.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { keyOf } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { isBoundInBytes, linkLife, type TokenLimits } from '../tokens/token-limits.ts';

export type FileRequest = { file_name: string; md5?: string | null; size?: number | null };

type Options = { files: FileTable; store: ObjectStore; limits: TokenLimits; quotas: Quotas };

/** Issues the links that single PUTs go to. */
export class UploadLinks {
  readonly #files: FileTable;
  readonly #store: ObjectStore;
  readonly #limits: TokenLimits;
  readonly #quotas: Quotas;

  constructor({ files, store, limits, quotas }: Options) {
    this.#files = files;
    this.#store = store;
    this.#limits = limits;
    this.#quotas = quotas;
  }

  /** One link a file, in order, or none at all: every name is checked before the first is recorded. */
  async issue(project: AccessedProject, requests: readonly FileRequest[]): Promise<schemas.UploadLink[]> {
    const files = await mapInTurns(requests, ({ file_name, md5, size = null }) => ({
      sent: file_name,
      name: checkFileName(file_name),
      md5: checkMd5(file_name, md5),
      size,
    }));
    checkUnique(files);
    const ifAbsent = project.token !== undefined;
    if (ifAbsent) this.#refuseReplaceable(files);
    const signer = await this.#store.signer(linkLife(project));
    await this.#limits.claim(project, files);
    await this.#quotas.forNames(project.account_id, (check) => this.#files.request(project, files, check));
    const expires_at = signer.expiresAt.toISOString();
    const isBound = isBoundInBytes(project);
    return mapInTurns(files, ({ sent, name, size }) => ({
      file_name: sent,
      upload_link: signer.put(keyOf(project.uuid, name), { ifAbsent, size: isBound ? (size ?? undefined) : undefined }),
      expires_at,
      ...(ifAbsent && { headers: IF_ABSENT }),
    }));
  }

  /** Where storage heeds no condition, a link for one PUT could replace what has arrived. */
  #refuseReplaceable(files: readonly { sent: string }[]): void {
    const [first] = files;
    if (!this.#store.conditions.put && first !== undefined) {
      throw apiError('single_put_unavailable', { name: first.sent });
    }
  }
}
