import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide config
  darkslide config --url https://uploads.example.com`;

export function configCommand(run: Run): Command {
  const command = new Command('config')
    .description('print the server, account and folders that the commands use')
    .addHelpText('after', EXAMPLES);
  return withConnection(command).action(run(async () => (await import('../actions/config.ts')).config));
}
