import { Command } from 'commander';
import { configCommand } from './actions/config.ts';
import { deleteCommand } from './actions/delete.ts';
import { inspectCommand } from './actions/inspect.ts';
import { projectsCommand, statusCommand, uploadsCommand, verifyCommand } from './actions/projects.ts';
import { uploadCommand } from './actions/upload.ts';
import type { Context, Finish, FurtherCommand, Output } from './base/context.ts';
import { say } from './base/output.ts';
import { completionCommand } from './completion/completion.ts';

const COMMANDS = [
  uploadCommand,
  inspectCommand,
  statusCommand,
  verifyCommand,
  projectsCommand,
  uploadsCommand,
  deleteCommand,
  configCommand,
  completionCommand,
];

const EXAMPLES = `
Examples:
  darkslide serve                                    start the server on this machine
  darkslide upload ./card1 --project "Smith wedding" send a card, or go on with it
  darkslide verify "Smith wedding" ./card1           compare it with what is stored`;

export function createProgram(context: Context, finish: Finish): Command {
  const { stdout, stderr, version } = context;
  const program = new Command('darkslide')
    .description('Carries shoots of photos to a lab’s storage, and loses none.')
    .version(version)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text) => sayUsageError(stderr, text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
      getOutHasColors: () => stdout.isTTY === true,
      getErrHasColors: () => stderr.isTTY === true,
    })
    .exitOverride()
    .showHelpAfterError('(add --help for what can be said)');
  program.addHelpText('after', EXAMPLES);
  for (const create of COMMANDS) program.addCommand(create(context, finish).copyInheritedSettings(program));
  for (const further of context.furtherCommands ?? []) program.addCommand(furtherCommand(further, finish));
  return program;
}

/** Commander's own second line is a hint; the first repeats arguments, which may be names of files from a glob. */
function sayUsageError(stderr: Output, text: string): void {
  const [, problem = text, hint] = /^(.*?)(?:\n(\(Did you mean [^\n]*\)))?\n?$/s.exec(text) ?? [];
  say(stderr, problem);
  if (hint) say(stderr, hint);
}

function furtherCommand({ name, summary, run }: FurtherCommand, finish: Finish): Command {
  return new Command(name)
    .description(summary)
    .helpOption(false)
    .allowUnknownOption()
    .argument('[argument...]')
    .action(async (args: string[]) => finish(await run(args)));
}
