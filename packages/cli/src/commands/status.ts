import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide status "Smith wedding"
  darkslide status "Smith wedding" --json

Exit codes: 0 every file that a link was requested for is uploaded and undamaged, 1 some are not, 2 wrong use or
configuration.`;

export function statusCommand(run: Run): Command {
  const command = new Command('status')
    .description('report which files of a project are uploaded, and which are missing')
    .argument('<project>', 'its name or uuid')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(run(async () => (await import('../actions/status.ts')).status));
}
