import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { duplicatesOption, withConnection, withFinding, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide verify "Smith wedding" ./card1
  darkslide verify "Smith wedding" ./card1 ./card2 --duplicates rename --json
  darkslide verify "Smith wedding" ./card1 --read-back   (downloads everything, and compares every byte)

Exit codes: 0 no difference, 1 any difference, 2 wrong use or configuration.`;

export function verifyCommand(run: Run): Command {
  const command = new Command('verify')
    .description('compare a local shoot with the files of a project, by size and content')
    .argument('<project>', 'its name or uuid')
    .argument('<path...>', 'folders, files or globs, as for upload')
    .addOption(duplicatesOption('different files with one name: as for upload'))
    .option('--read-back', 'download the stored files, and compare every byte')
    .option('--json', 'print JSON lines, ending with a summary');
  return withConnection(withFlow(withFinding(command)))
    .addHelpText('after', EXAMPLES)
    .action(run(async () => (await import('../actions/verify.ts')).verify));
}
