import { Command } from 'commander';
import type { Run } from '../base/action.ts';
import type { ServerActions } from '../base/server-actions.ts';

export function serveCommand(run: Run, { serve, settingsHelp }: ServerActions): Command {
  return new Command('serve')
    .description('start the API, and the embedded store unless another S3 is configured')
    .addHelpText('after', ({ error, command }) => {
      const { getErrHelpWidth, getOutHelpWidth } = command.configureOutput();
      const columns = (error ? getErrHelpWidth : getOutHelpWidth)?.() ?? 80;
      return `\nEnvironment variables:\n${settingsHelp(columns)}\n\nExamples:\n  darkslide serve\n  DARKSLIDE_PORT=8081 darkslide serve\n\nExit codes: 0 stopped, 1 failed, 2 wrong use or configuration.`;
    })
    .action(run(async () => serve));
}
