import type { KeyScope } from '@darkslide/contract';
import type { Action } from './action.ts';

export type JsonFlag = { json?: boolean };

export type DoctorFlags = JsonFlag & { fix?: boolean; origin?: string };

export type CreateKeyFlags = JsonFlag & { account: string; scope: KeyScope; label?: string };

export type ListKeysFlags = JsonFlag & { account?: string };

/**
 * What the commands for the server's machine do. The binary provides it, because this package must not import the
 * server or the store.
 */
export type ServerActions = {
  serve: Action;
  doctor: Action<[flags: DoctorFlags]>;
  scrubStore: Action<[flags: JsonFlag]>;
  rebuildStore: Action<[flags: JsonFlag]>;
  createKey: Action<[flags: CreateKeyFlags]>;
  listKeys: Action<[flags: ListKeysFlags]>;
  revokeKey: Action<[keyId: string, flags: JsonFlag]>;
  /** The settings that `serve` reads, for its help. */
  settingsHelp: (columns: number) => string;
};
