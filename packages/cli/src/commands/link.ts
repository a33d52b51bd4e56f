import { MAX_TOKEN_FILES, TOKEN_SECONDS } from '@darkslide/contract';
import { Command, InvalidArgumentError } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection, withFlow } from '../base/options.ts';
import { parseBytes, parseDurationSeconds } from '../base/units.ts';

const EXAMPLES = `
Examples:
  darkslide link "Smith wedding"
  darkslide link "Smith wedding" --expires 7d --title "Smith wedding, second shooter"
  darkslide link Catalogue --max-files 500 --max-bytes 60G --allow "*.NEF" --allow "*.JPG"

Everyone who has the link can upload into this project, and sees only what the link has uploaded. Such an upload
replaces no photo. The key needs the scope "admin"; when it is revoked, the link ends.`;

export function linkCommand(run: Run): Command {
  const command = new Command('link')
    .description('print a link to a web page that uploads into a project')
    .argument('<project>', 'its name or uuid; a name is created if it does not exist')
    .option('--expires <time>', 'how long the link works: such as 45m, 12h or 7d', parseExpiry, TOKEN_SECONDS.default)
    .option('--max-files <n>', 'at most this many different files', parseMaxFiles)
    .option('--max-bytes <size>', 'at most this many bytes in all, such as 500M or 60G', parseMaxBytes)
    .option('--allow <name>', 'only files of this name; * matches any characters; may be repeated', collect)
    .option('--title <text>', 'what the page calls the shoot (default: the name of the project)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(run(async () => (await import('../actions/link.ts')).link));
}

const collect = (name: string, others: string[] = []) => [...others, name];

function parseExpiry(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds !== undefined && seconds <= TOKEN_SECONDS.max) return seconds;
  throw new InvalidArgumentError('Use a time such as 45m, 12h or 7d; at most 7d.');
}

function parseMaxFiles(text: string): number {
  const files = /^\d+$/.test(text) ? Number(text) : 0;
  if (files >= 1 && files <= MAX_TOKEN_FILES) return files;
  throw new InvalidArgumentError(`Use a number from 1 to ${MAX_TOKEN_FILES.toLocaleString('en')}.`);
}

function parseMaxBytes(text: string): number {
  const bytes = Math.floor(parseBytes(text) ?? 0);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('Use bytes, such as 500M or 60G.');
}
