import { Command, InvalidArgumentError } from 'commander';
import type { Run } from '../base/action.ts';
import type { ServerActions } from '../base/server-actions.ts';

const EXPLANATION = `
Checks the machine, the database and the storage that \`darkslide serve\` is configured for, and says how to fix what is
wrong. Works with and without a running server. Writes a few bytes to the storage, outside all projects, and removes
them again.

Examples:
  darkslide doctor
  darkslide doctor --fix --origin https://photos.example.com

Exit codes: 0 nothing is wrong (there may be warnings), 1 something is wrong, 2 wrong use or configuration.`;

export function doctorCommand(run: Run, { doctor }: ServerActions): Command {
  return new Command('doctor')
    .description('check what the server needs: machine, database and storage')
    .option('--fix', 'create a missing bucket, and add missing rules for CORS and incomplete uploads')
    .option(
      '--origin <url>',
      'the site whose pages upload, such as https://photos.example.com (default: any)',
      parseOrigin,
    )
    .option('--json', 'print one JSON object per check, ending with a summary')
    .addHelpText('after', EXPLANATION)
    .action(run(async () => doctor));
}

function parseOrigin(text: string): string {
  const { protocol, origin } = URL.canParse(text) ? new URL(text) : { protocol: '', origin: '' };
  if (/^https?:$/.test(protocol)) return origin;
  throw new InvalidArgumentError('Use an http or https URL, such as https://photos.example.com.');
}
