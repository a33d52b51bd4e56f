import { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { uploadCommand } from './upload-command.ts';

/** What a command hands back when it ends. */
export type Finish = (code: ExitCode) => void;

export function createProgram(context: Context, finish: Finish): Command {
  const { stdout, stderr, version } = context;
  return new Command('darkslide')
    .description('Carries shoots of photos to a lab’s storage, and loses none.')
    .version(version)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
      getOutHasColors: () => stdout.isTTY === true,
      getErrHasColors: () => stderr.isTTY === true,
    })
    .exitOverride()
    .showHelpAfterError('(darkslide --help says more)')
    .addCommand(uploadCommand(context, finish));
}
