import { apiError, CALLS, type CallName, includesScope } from '@darkslide/contract';
import type { KeyCaller } from './api-keys.ts';

/** Who calls, as `x-api-key` tells. */
export type Caller = KeyCaller;

/** @throws {ApiError} insufficient_scope */
export function authorize(caller: Caller, call: CallName): void {
  const { scope: needed } = CALLS[call];
  if (!includesScope(caller.scope, needed)) throw apiError('insufficient_scope', { needed, held: caller.scope });
}
