import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import type { ServerActions } from '../base/server-actions.ts';

const EXIT_CODES = `
Exit codes: 0 nothing is damaged, 1 something is damaged or could not be read, 2 wrong use or configuration.`;

const SCRUB = `
Examples:
  darkslide store scrub
  darkslide store scrub --json

The server must be stopped. A running server does the same by itself, once in DARKSLIDE_STORE_SCRUB_DAYS days.
${EXIT_CODES}`;

const REBUILD = `
Examples:
  darkslide store rebuild
  darkslide store rebuild --json

The server must be stopped. Every stored photo describes itself, so every uploaded photo is in the new index; what was
replaced or deleted stays deleted. The old index is kept.
${EXIT_CODES}`;

/** Commands for the embedded store of a stopped server. */
export function storeCommand(run: Run, { scrubStore, rebuildStore }: ServerActions): Command {
  const scrub = new Command('scrub')
    .description('read all stored bytes, compare them with their MD5s, and report damage')
    .option('--json', 'print one JSON object per damaged object, ending with a summary')
    .addHelpText('after', SCRUB)
    .action(run(async () => scrubStore));
  const rebuild = new Command('rebuild')
    .description('build a new index from the stored photos')
    .option('--json', 'print progress as JSON lines, ending with a summary')
    .addHelpText('after', REBUILD)
    .action(run(async () => rebuildStore));
  return new Command('store')
    .description('check the embedded store in the folder DARKSLIDE_DATA_DIR, or rebuild its index')
    .addCommand(scrub)
    .addCommand(rebuild);
}
