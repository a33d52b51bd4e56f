import { mkdir } from 'node:fs/promises';
import {
  type Context,
  type CreateKeyFlags,
  type JsonFlag,
  type ListKeysFlags,
  say,
  sayJson,
  table,
} from '@darkslide/cli';
import { type ApiKeys, type KeyInfo, withApiKeys } from '@darkslide/server/api-keys';
import { readConfiguration } from '../settings/configuration.ts';

/** `darkslide keys create`. Creates the account with its first key. Returns the exit code. */
export async function createKey(context: Context, { account, scope, label, json }: CreateKeyFlags): Promise<number> {
  const { key, keyId } = await withKeys(context, (keys) => keys.create({ account, scope, label }));
  if (json) sayJson(context.stdout, { api_key: key, key_id: keyId, account, scope, label: label ?? null });
  else say(context.stdout, key);
  return 0;
}

const HEADINGS = ['KEY ID', 'ACCOUNT', 'SCOPE', 'CREATED', 'LAST USED', 'LABEL'];

/** `darkslide keys list`. Returns the exit code. */
export async function listKeys(context: Context, { account, json }: ListKeysFlags): Promise<number> {
  const all = await withKeys(context, (keys) => keys.list({ account }));
  if (json) for (const info of all) sayJson(context.stdout, record(info));
  else for (const line of table(HEADINGS, all.map(row))) say(context.stdout, line);
  return 0;
}

/** `darkslide keys revoke`. Returns the exit code: 1 if there is no such key. */
export async function revokeKey(context: Context, keyId: string, { json }: JsonFlag): Promise<number> {
  const info = await withKeys(context, (keys) => keys.revoke(keyId));
  if (info === undefined) {
    say(context.stderr, `There is no key ${keyId}. \`darkslide keys list\` shows the ids of all keys.`);
    return 1;
  }
  if (json) sayJson(context.stdout, record(info));
  else say(context.stdout, `Revoked ${info.keyId}, a key of ${info.account}.`);
  return 0;
}

async function withKeys<T>({ env }: Context, work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const { database, dataDir } = readConfiguration(env);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return await withApiKeys(database, work);
}

const row = ({ keyId, account, scope, createdAt, lastUsedAt, revokedAt, label }: KeyInfo) => [
  keyId,
  account,
  revokedAt === null ? scope : `revoked ${day(revokedAt)}`,
  day(createdAt),
  lastUsedAt === null ? 'never' : day(lastUsedAt),
  label ?? '',
];

const day = (moment: Date) => moment.toISOString().slice(0, 10);

const record = ({ keyId, account, scope, label, createdAt, lastUsedAt, revokedAt }: KeyInfo) => ({
  key_id: keyId,
  account,
  scope,
  label,
  created_at: createdAt,
  last_used_at: lastUsedAt,
  revoked_at: revokedAt,
});
