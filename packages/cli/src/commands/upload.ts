import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import {
  duplicatesOption,
  parseConcurrency,
  parseLimit,
  withConnection,
  withFinding,
  withFlow,
} from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide upload ./card1 --project "Smith wedding"
  darkslide upload ./card1 ./card2 --project "Smith wedding" --duplicates rename
  darkslide upload "shoot/**/*.NEF" --project Catalogue --limit-rate 20M
  darkslide upload ./house-12 --project "House 12" --flow smart-editing --json
  darkslide upload ./card1 --project "Smith wedding" --dry-run
  darkslide upload ./card1 --project "Smith wedding" --manifest card1.mhl

Run the same command again to resume: uploaded files are not sent again.
Exit codes: 0 all uploaded, 1 some failed, 2 wrong use or configuration.`;

export function uploadCommand(run: Run): Command {
  const command = new Command('upload')
    .description('upload photos, and check that storage holds them')
    .argument('<path...>', 'folders, files or globs')
    .requiredOption('-p, --project <name>', 'project name; created if it does not exist')
    .addOption(duplicatesOption('different files with one name: refuse them, or put the folder before the name'))
    .option('--overwrite', 'replace files that the project holds with other content')
    .option('--concurrency <n>', 'parallel transfers (default: automatic)', parseConcurrency)
    .option('--limit-rate <rate>', 'at most this many bytes per second, such as 500K or 20M', parseLimit)
    .option('--require-complete-sets', 'send nothing if a bracket set lacks frames (see: darkslide inspect)')
    .option('--no-inspect', 'do not read the photos for bracket sets and missing sidecars')
    .option('--dry-run', 'print what would be uploaded, compared with the project, without uploading')
    .option('--json', 'print events as JSON lines, ending with a summary')
    .option('-q, --quiet', 'print errors only')
    .option('--manifest <file>', 'write a list of the uploaded files, as .json, .csv, or .mhl (ASC Media Hash List)');
  return withConnection(withFlow(withFinding(command)))
    .addHelpText('after', EXAMPLES)
    .action(run(async () => (await import('../actions/upload.ts')).upload));
}
