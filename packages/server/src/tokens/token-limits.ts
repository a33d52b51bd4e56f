import { apiError, MAX_PART_SIZE, MIN_PART_SIZE } from '@darkslide/contract';
import { arrivedAmong } from '../arrivals/arrived-names.ts';
import type { AccessedProject } from '../base/scope.ts';
import type { UploadTokenRow } from '../database/tables.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { AllowedNames } from './allowed-names.ts';
import type { UploadTokenTable } from './token-table.ts';

/** A file that links are asked for: its name as sent and in NFC, and its size where one was declared. */
export type RequestedFile = { sent: string; name: string; size: number | null };

type Options = { tokens: UploadTokenTable; store: ObjectStore; now: () => number };

/**
 * Holds upload tokens to what they are for. An API key has no such limits: for a project that was reached by one,
 * nothing is checked.
 */
export class TokenLimits {
  readonly #tokens: UploadTokenTable;
  readonly #store: ObjectStore;
  readonly #now: () => number;

  constructor({ tokens, store, now }: Options) {
    this.#tokens = tokens;
    this.#store = store;
    this.#now = now;
  }

  /**
   * Counts files, each name once, against the token's limits: all of them or none.
   * @throws {ApiError} file_name_not_allowed, size_required, file_exists, upload_token_full, upload_token_expired,
   *   invalid_api_key
   */
  async claim({ uuid, token }: AccessedProject, files: readonly RequestedFile[]): Promise<void> {
    if (token === undefined) return;
    await refuseForeignNames(token, files);
    refuseUnsized(token, files);
    await this.#refuseForeignFiles(uuid, token, files);
    const claims = files.map(({ name, size }) => ({ name, size: token.max_bytes === null ? 0 : (size ?? 0) }));
    const outcome = await this.#tokens.claim(token.id, claims, this.#now());
    if (outcome.kind === 'ended') throw endedError(token, this.#now());
    if (outcome.kind === 'full') {
      const { limit, most, used, asked } = outcome;
      throw apiError('upload_token_full', { limit, most, left: most - used, asked });
    }
  }

  /**
   * Spares the way of bytes that would be refused in the end: what has arrived stays as it is. Names that the token
   * asked for before it may send again, as it can't know what became of them; storage refuses those that arrived.
   */
  async #refuseForeignFiles(uuid: string, { id }: UploadTokenRow, files: readonly RequestedFile[]): Promise<void> {
    const names = files.map(({ name }) => name);
    const own = await this.#tokens.claimed(id, names);
    const foreign = names.filter((name) => !own.has(name));
    if (foreign.length === 0) return;
    const arrived = await arrivedAmong(this.#store, uuid, foreign);
    const details = files.filter(({ name }) => arrived.has(name)).map(({ sent }) => sent);
    const [name] = details;
    if (name !== undefined) throw apiError('file_exists', { name }, { details });
  }
}

/** A token that works no more, as its holder is told. */
export function endedError({ expires_at }: UploadTokenRow, now: number) {
  if (expires_at > now) return apiError('invalid_api_key', {});
  return apiError('upload_token_expired', { at: new Date(expires_at).toISOString() });
}

/** Whether links have to bind their PUTs to the declared sizes. */
export const isBoundInBytes = ({ token }: AccessedProject) => token !== undefined && token.max_bytes !== null;

/** Until when links may work: not longer than the token that they were asked for with. */
export const linkLife = ({ token }: AccessedProject) =>
  token === undefined ? {} : { until: new Date(token.expires_at) };

/**
 * The declared part size, where it fits the other figures.
 * @throws {ApiError} invalid_part_size, also where it is missing and the parts' links need it.
 */
export function checkPartSize(
  name: string,
  upload: { size: number | null; partCount: number; partSize: number | null; required: boolean },
): number | null {
  const { size, partCount, partSize, required } = upload;
  const refuse = (problem: string) => apiError('invalid_part_size', { name, problem });
  if (partSize === null) {
    if (required) throw refuse('is missing; with this upload token, part links need the size of each part');
    return null;
  }
  if (partSize > MAX_PART_SIZE) throw refuse(`is over ${MAX_PART_SIZE} bytes, the most that storage takes`);
  if (partCount > 1 && partSize < MIN_PART_SIZE) {
    throw refuse(`is under ${MIN_PART_SIZE} bytes, which only the last part may be`);
  }
  const parts = Math.max(1, Math.ceil((size ?? 0) / partSize));
  if (size !== null && parts !== partCount) {
    throw refuse(`makes ${parts} parts of ${size} bytes, but part_count is ${partCount}`);
  }
  return partSize;
}

/** The bytes of one part, where its link is to sign them. */
export function partLength(
  upload: { declared_size: number | null; part_count: number; part_size: number | null },
  partNumber: number,
): number | undefined {
  const { declared_size: size, part_count: count, part_size: partSize } = upload;
  if (size === null || partSize === null) return undefined;
  return partNumber < count ? partSize : size - (count - 1) * partSize;
}

async function refuseForeignNames({ allowed_names }: UploadTokenRow, files: readonly RequestedFile[]): Promise<void> {
  if (allowed_names === null) return;
  const foreign = await new AllowedNames(JSON.parse(allowed_names)).foreignAmong(files);
  const details = foreign.map(({ sent }) => sent);
  const [name] = details;
  if (name !== undefined) throw apiError('file_name_not_allowed', { name }, { details });
}

function refuseUnsized({ max_bytes }: UploadTokenRow, files: readonly RequestedFile[]): void {
  if (max_bytes === null) return;
  const details = files.filter(({ size }) => size === null).map(({ sent }) => sent);
  const [name] = details;
  if (name !== undefined) throw apiError('size_required', { name }, { details });
}
