import { randomUUID } from 'node:crypto';
import {
  apiError,
  canonicalFileName,
  type Family,
  fileNameProblem,
  type schemas,
  TOKEN_SECONDS,
} from '@darkslide/contract';
import { hashSecret, isSameHash, newSecret } from '../base/secrets.ts';
import type { ProjectRow, UploadTokenRow } from '../database/tables.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { endedError } from './token-limits.ts';
import type { UploadTokenTable } from './token-table.ts';

/** How long expired tokens are remembered, in milliseconds, so that what was uploaded with them can be told. */
const REMEMBERED = 30 * 24 * 60 * 60_000;

export type TokenCaller = { kind: 'token'; accountId: number; token: UploadTokenRow };

type Setup = { tokens: UploadTokenTable; quotas: Quotas; studioName: string | null; now: () => number };

/** Short-lived secrets with which others upload into one project. Only their hashes are kept. */
export class UploadTokens {
  readonly #tokens: UploadTokenTable;
  readonly #quotas: Quotas;
  readonly #studioName: string | null;
  readonly #now: () => number;

  constructor({ tokens, quotas, studioName, now }: Setup) {
    this.#tokens = tokens;
    this.#studioName = studioName;
    this.#quotas = quotas;
    this.#now = now;
  }

  /** Whose token it is, where it is one. @throws {ApiError} upload_token_expired */
  async find(secret: string): Promise<TokenCaller | undefined> {
    const { prefix, hash } = hashSecret(secret);
    for (const { account_id: accountId, ...token } of await this.#tokens.withPrefix(prefix)) {
      if (!isSameHash(token.hash, hash)) continue;
      if (token.expires_at <= this.#now()) throw endedError(token, this.#now());
      return { kind: 'token', accountId, token };
    }
    return undefined;
  }

  /** A new token, which cannot be read again. @throws {ApiError} invalid_file_name for a name that can't be one. */
  async mint(
    project: ProjectRow,
    keyId: number,
    request: Partial<schemas.MintUploadTokenBody>,
  ): Promise<schemas.UploadTokenMinted> {
    const token = newSecret('dst');
    const now = this.#now();
    const allowed = request.allowed_names?.map(checkPattern);
    const row = {
      ...hashSecret(token),
      token_id: randomUUID(),
      key_id: keyId,
      project_id: project.id,
      allowed_names: allowed === undefined ? null : JSON.stringify(allowed),
      max_bytes: request.max_bytes ?? null,
      max_files: request.max_files ?? null,
      title: request.title ?? null,
      created_at: now,
      expires_at: now + (request.expires_in ?? TOKEN_SECONDS.default) * 1000,
    };
    await this.#tokens.add(row, { forget: now - REMEMBERED, check: await this.#quotas.forTokens(project.account_id) });
    return { ...describe(row), token };
  }

  /** What a token is for, and how much of its limits is left: all that a page needs to know before it begins. */
  async own(token: UploadTokenRow): Promise<schemas.OwnUploadToken> {
    const { uuid, name, family } = await this.#tokens.projectOf(token);
    return {
      ...describe(token),
      ...usedOf(token),
      ...{ project_uuid: uuid, project_name: name, flow: family as Family, studio_name: this.#studioName },
    };
  }

  /** One page of the project's tokens that work, oldest first. The next page is `after: next`. */
  async list(project: ProjectRow, { after, limit }: { after: number; limit: number }) {
    const rows = await this.#tokens.listWorking(project.id, { now: this.#now(), after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const upload_tokens = page.map((row): schemas.UploadToken => {
      const { created_at, last_used_at } = row;
      return {
        ...describe(row),
        ...usedOf(row),
        created_at: new Date(created_at).toISOString(),
        last_used_at: last_used_at === null ? null : new Date(last_used_at).toISOString(),
      };
    });
    return { upload_tokens, next: rows.length > limit ? page.at(-1)?.id : undefined };
  }

  /** Ends a token. Ending it again is not an error. @throws {ApiError} upload_token_not_found */
  async revoke(project: ProjectRow, tokenId: string): Promise<void> {
    const known = /^[0-9a-f-]{36}$/.test(tokenId) && (await this.#tokens.revoke(project.id, tokenId, this.#now()));
    if (!known) throw apiError('upload_token_not_found', { tokenId });
  }
}

/** A name, or a pattern, which follows the same rules: a name may contain an asterisk. */
function checkPattern(name: string): string {
  const problem = fileNameProblem(name);
  if (problem !== undefined) throw apiError('invalid_file_name', { name, problem });
  return canonicalFileName(name);
}

const describe = (
  row: Pick<UploadTokenRow, 'token_id' | 'expires_at' | 'allowed_names' | 'max_bytes' | 'max_files' | 'title'>,
) => ({
  token_id: row.token_id,
  expires_at: new Date(row.expires_at).toISOString(),
  allowed_names: row.allowed_names === null ? null : (JSON.parse(row.allowed_names) as string[]),
  max_bytes: row.max_bytes,
  max_files: row.max_files,
  title: row.title,
});

const usedOf = ({ files, bytes, max_bytes }: Pick<UploadTokenRow, 'files' | 'bytes' | 'max_bytes'>) => ({
  files,
  bytes: max_bytes === null ? null : bytes,
});
