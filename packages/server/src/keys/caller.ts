import {
  apiError,
  CALLS,
  type CallName,
  includesScope,
  takesUploadToken,
  UPLOAD_TOKEN_PREFIX,
} from '@darkslide/contract';
import type { TokenCaller, UploadTokens } from '../tokens/upload-tokens.ts';
import type { ApiKeys, KeyCaller } from './api-keys.ts';

/** Who calls, as `x-api-key` tells: an API key of an account, or an upload token of a project. */
export type Caller = KeyCaller | TokenCaller;

/** Finds out who calls. */
export class Callers {
  readonly #keys: ApiKeys;
  readonly #tokens: UploadTokens;

  constructor({ keys, tokens }: { keys: ApiKeys; tokens: UploadTokens }) {
    this.#keys = keys;
    this.#tokens = tokens;
  }

  /** @throws {ApiError} invalid_api_key, upload_token_expired */
  async authenticate(secret: string): Promise<Caller> {
    // A configured key may look like a token.
    const token = secret.startsWith(UPLOAD_TOKEN_PREFIX) ? await this.#tokens.find(secret) : undefined;
    return token ?? (await this.#keys.authenticate(secret));
  }
}

/** @throws {ApiError} insufficient_scope, api_key_required */
export function authorize(caller: Caller, call: CallName): void {
  if (caller.kind === 'token') {
    if (!takesUploadToken(call)) throw apiError('api_key_required', {});
    return;
  }
  const { scope: needed } = CALLS[call];
  if (!includesScope(caller.scope, needed)) throw apiError('insufficient_scope', { needed, held: caller.scope });
}

/** A name for its share of requests. */
export const callerId = (caller: Caller) =>
  caller.kind === 'key' ? `key ${caller.keyId}` : `token ${caller.token.id}`;

/** A caller as logs name it: by what identifies its key or token, and tells nothing of it. */
export const callerName = (caller: Caller) =>
  caller.kind === 'key' ? { key: caller.prefix } : { token: caller.token.token_id };
