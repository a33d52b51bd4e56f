import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide delete "Smith wedding" DSC_0001.NEF DSC_0002.NEF
  darkslide delete "Smith wedding" --yes

Deleted files cannot be restored. The key needs the scope "admin".

Exit codes: 0 all deleted, 1 some not deleted, 2 wrong use or configuration.`;

export function deleteCommand(run: Run): Command {
  const command = new Command('delete')
    .description('delete files of a project, or the whole project')
    .argument('<project>', 'its name or uuid')
    .argument('[name...]', 'the files to delete; without any, the project with all its files')
    .option('--yes', 'delete without asking')
    .option('--json', 'print JSON lines')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(run(async () => (await import('../actions/delete.ts')).deleteFiles));
}
