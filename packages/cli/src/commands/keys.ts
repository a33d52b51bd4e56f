import { KEY_SCOPES } from '@darkslide/contract';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Run } from '../base/action.ts';
import type { ServerActions } from '../base/server-actions.ts';

const CREATE = `
The key is printed once. A scope includes those before it: read, upload, admin.

Examples:
  darkslide keys create --account "Studio North"
  darkslide keys create --account "Studio North" --scope upload --label "card reader 2" --json`;

const LIST = `
Examples:
  darkslide keys list
  darkslide keys list --account "Studio North" --json`;

const REVOKE = `
A revoked key stays revoked. It stops working immediately, as do the upload tokens that were created with it.

Examples:
  darkslide keys revoke 0123456789abcdef`;

const JSON_FLAG = ['--json', 'print one JSON object per key'] as const;

/** Commands for the API keys of accounts. They work with and without running servers. */
export function keysCommand(run: Run, { createKey, listKeys, revokeKey }: ServerActions): Command {
  const create = new Command('create')
    .description('create an API key, and its account if this is the first one')
    .requiredOption('--account <name>', 'the account', parsePlain)
    .addOption(new Option('--scope <scope>', 'what the key may do').choices(KEY_SCOPES).default('admin'))
    .option('--label <text>', 'a note that `keys list` shows', parsePlain)
    .option(...JSON_FLAG)
    .addHelpText('after', CREATE)
    .action(run(async () => createKey));
  const list = new Command('list')
    .description('list the API keys')
    .option('--account <name>', 'only of this account', parsePlain)
    .option(...JSON_FLAG)
    .addHelpText('after', LIST)
    .action(run(async () => listKeys));
  const revoke = new Command('revoke')
    .description('revoke an API key for good')
    .argument('<key-id>', 'its id, as `keys list` shows it')
    .option(...JSON_FLAG)
    .addHelpText('after', REVOKE)
    .action(run(async () => revokeKey));
  return new Command('keys')
    .description('create, list and revoke the API keys of accounts')
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke);
}

/** Text that a terminal shows unchanged, of bounded length. */
function parsePlain(text: string): string {
  if (/^\P{C}{1,255}$/u.test(text)) return text;
  throw new InvalidArgumentError('Use 1 to 255 characters, without control characters.');
}
