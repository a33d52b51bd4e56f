import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import { withConnection, withFlow } from '../base/options.ts';

const EXAMPLES = `
Examples:
  darkslide uploads "Smith wedding"
  darkslide uploads "Smith wedding" --abort

Abort only uploads that are no longer running; the file must then be uploaded from the start.`;

export function uploadsCommand(run: Run): Command {
  const command = new Command('uploads')
    .description("list a project's open multipart uploads, or abort them")
    .argument('<project>', 'its name or uuid')
    .option('--abort [id]', 'abort this one; without an id, all of them')
    .option('--json', 'print JSON lines')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(run(async () => (await import('../actions/uploads.ts')).uploads));
}
