import { Command } from 'commander';
import type { Run } from './base/action.ts';
import type { Context, Output } from './base/context.ts';
import { say } from './base/output.ts';
import type { ServerActions } from './base/server-actions.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { deleteCommand } from './commands/delete.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { inspectCommand } from './commands/inspect.ts';
import { keysCommand } from './commands/keys.ts';
import { linkCommand } from './commands/link.ts';
import { projectsCommand } from './commands/projects.ts';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';
import { storeCommand } from './commands/store.ts';
import { uploadCommand } from './commands/upload.ts';
import { uploadsCommand } from './commands/uploads.ts';
import { verifyCommand } from './commands/verify.ts';

const CLIENT_COMMANDS = [
  uploadCommand,
  downloadCommand,
  inspectCommand,
  statusCommand,
  verifyCommand,
  linkCommand,
  projectsCommand,
  uploadsCommand,
  deleteCommand,
  configCommand,
  completionCommand,
];

const SERVER_COMMANDS = [serveCommand, doctorCommand, storeCommand, keysCommand];

const EXAMPLES = `
Examples:
  darkslide serve                                     start the server on this machine
  darkslide upload ./card1 --project "Smith wedding"  upload a card, or resume
  darkslide verify "Smith wedding" ./card1            compare it with the stored files`;

type Setup = {
  context: Context;
  /** Without these, the program has only the commands of a client. */
  server?: ServerActions | undefined;
  /** Called with the exit code when a command ends. */
  finish: (code: number) => void;
};

/** All commands, with one help. A command's action is loaded when it runs. */
export function createProgram({ context, server, finish }: Setup): Command {
  const { stdout, stderr, version } = context;
  const run: Run =
    (load) =>
    async (...args) =>
      finish(await (await load())(context, ...args));
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
    .showHelpAfterError('(see --help for usage)')
    .addHelpText('after', EXAMPLES);
  for (const create of CLIENT_COMMANDS) program.addCommand(create(run));
  if (server) for (const create of SERVER_COMMANDS) program.addCommand(create(run, server));
  inheritSettings(program);
  return program;
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) inheritSettings(command.copyInheritedSettings(parent));
}

/** Commander's own second line is a hint; the first repeats arguments, which may be file names from a glob. */
function sayUsageError(stderr: Output, text: string): void {
  const [, problem = text, hint] = /^(.*?)(?:\n(\(Did you mean [^\n]*\)))?\n?$/s.exec(text) ?? [];
  say(stderr, problem);
  if (hint) say(stderr, hint);
}
