import { Command, Option } from 'commander';
import type { Run } from '../base/action.ts';
import { parseConcurrency, withConnection, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide download "Smith wedding" ./smith
  darkslide download "House 12" ./house-12 --flow smart-editing --by-set
  darkslide download "Smith wedding" ./smith --follow   (fetches what arrives, until Ctrl-C)

Run the same command again to resume: what was fetched is not fetched again.
Exit codes: 0 all fetched, 1 some failed, 2 wrong use or configuration.`;

export function downloadCommand(run: Run): Command {
  const command = new Command('download')
    .description('fetch the files of a project, and check that they are whole')
    .argument('<project>', 'its name or uuid')
    .argument('[folder]', 'where to put the files; made if it does not exist (default: the current folder)')
    .addOption(new Option('--by-set', 'put the files of each set into a folder of its own').conflicts('follow'))
    .option('--follow', 'fetch what arrives, until Ctrl-C')
    .option('--overwrite', 'replace files of the folder that have other content')
    .option('--concurrency <n>', 'parallel transfers (default: automatic)', parseConcurrency)
    .option('--json', 'print events as JSON lines, ending with a summary')
    .option('-q, --quiet', 'print errors only');
  return withConnection(withFlow(command))
    .addHelpText('after', EXAMPLES)
    .action(run(async () => (await import('../actions/download.ts')).download));
}
