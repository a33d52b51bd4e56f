import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ApiKeys, KeyInfo, KeyScope } from '@darkslide/server/api-keys';
import { readConfiguration } from '../settings/configuration.ts';
import type { Context } from './context.ts';
import { explainFailure } from './failure.ts';
import { table } from './table.ts';

const USAGE = `Usage: darkslide keys create --account NAME [--scope read|upload|admin] [--label TEXT] [--json]
       darkslide keys list [--account NAME] [--json]
       darkslide keys revoke KEY_ID [--json]

A key is shown once, when it is made. A scope includes those before it; without one, the key may do everything.
Revoking is for good and takes effect at once, also for the upload tokens that the key minted.
With --json there is one object a line.`;

type Asked =
  | { command: 'create'; account: string; scope: KeyScope; label: string | undefined }
  | { command: 'list'; account: string | undefined }
  | { command: 'revoke'; keyId: string };

/** What a command prints, for people and for programs, and whether it did what was asked. */
type Answer = { text: string[]; json: object[]; done: boolean };

/**
 * `darkslide keys …`: makes, lists and revokes the API keys of accounts; an account is made with its first key. Works
 * beside running servers. Answers the exit code: 0 done, 1 failed, 2 wrong use or configuration.
 */
export async function keys(args: readonly string[], context: Context): Promise<number> {
  const { env, out, raw, error } = context;
  const asked = parse(args);
  if (asked === undefined) {
    const wantsHelp = args.includes('--help') || args.includes('-h');
    (wantsHelp ? out : error)(USAGE);
    return wantsHelp ? 0 : 2;
  }
  try {
    const { database, dataDir } = readConfiguration(env);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const { withApiKeys } = await import('@darkslide/server/api-keys');
    const { text, json, done } = await withApiKeys(database, (keys) => answer(keys, asked));
    if (!done) {
      for (const line of text) error(line);
      return 1;
    }
    if (args.includes('--json')) for (const each of json) raw(JSON.stringify(each));
    else for (const line of text) out(line);
    return 0;
  } catch (problem) {
    return await explainFailure(problem, context);
  }
}

function parse(args: readonly string[]): Asked | undefined {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: {
        account: { type: 'string' },
        scope: { type: 'string', default: 'admin' },
        label: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const { account, scope, label } = values;
    const [command, keyId, ...more] = positionals;
    if (more.length > 0 || !isPlain(account) || !isPlain(label)) return undefined;
    if (command === 'create' && account !== undefined && isScope(scope) && keyId === undefined)
      return { command, account, scope, label };
    if (command === 'list' && keyId === undefined) return { command, account };
    if (command === 'revoke' && keyId !== undefined) return { command, keyId };
    return undefined;
  } catch {
    return undefined;
  }
}

const isScope = (text: string): text is KeyScope => text === 'read' || text === 'upload' || text === 'admin';

/** What a terminal shows as it is, and not endlessly. */
const isPlain = (text: string | undefined) => text === undefined || /^\P{C}{1,255}$/u.test(text);

async function answer(keys: ApiKeys, asked: Asked): Promise<Answer> {
  switch (asked.command) {
    case 'create': {
      const { key, keyId } = await keys.create(asked);
      const { account, scope, label = null } = asked;
      return { text: [key], json: [{ api_key: key, key_id: keyId, account, scope, label }], done: true };
    }
    case 'list': {
      const all = await keys.list(asked);
      return { text: table(HEADINGS, all.map(row)), json: all.map(record), done: true };
    }
    case 'revoke': {
      const info = await keys.revoke(asked.keyId);
      if (info === undefined) {
        const text = `There is no key ${asked.keyId}. \`darkslide keys list\` shows the ids of all keys.`;
        return { text: [text], json: [], done: false };
      }
      return { text: [`Revoked ${info.keyId}, a key of ${info.account}.`], json: [record(info)], done: true };
    }
  }
}

const HEADINGS = ['KEY ID', 'ACCOUNT', 'SCOPE', 'CREATED', 'LAST USED', 'LABEL'];

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
