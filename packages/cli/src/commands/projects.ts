import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide projects
  darkslide projects --flow smart-editing --json`;

export function projectsCommand(run: Run): Command {
  const command = new Command('projects')
    .description('list the projects of the account, newest first')
    .option('--json', 'print JSON lines')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(run(async () => (await import('../actions/projects.ts')).projects));
}
