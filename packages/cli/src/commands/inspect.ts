import { Command } from 'commander';
import type { Run } from '../base/action.ts';

const EXAMPLES = `
Examples:
  darkslide inspect ./card1
  darkslide inspect ./card1 ./card2 --json > shoot.json

Reads only the beginning of each file, and sends nothing. With --json it prints one object: shots, sets, singles,
problems, unknown.`;

export function inspectCommand(run: Run): Command {
  return new Command('inspect')
    .description('report what a shoot contains: bracket sets, incomplete sets, photos without their sidecar')
    .argument('<path...>', 'files, folders and globs')
    .option('--all', 'every file, not only photos and their sidecars: movies of live photos')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(run(async () => (await import('../actions/inspect.ts')).inspect));
}
