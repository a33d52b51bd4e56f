import {
  ConfigurationError,
  DuplicateNamesError,
  ProtocolError,
  RefusedError,
  UnavailableError,
} from '@darkslide/client';
import { CommanderError } from 'commander';
import { type Context, UsageError } from './base/context.ts';
import { EXIT } from './base/exit-codes.ts';
import { printable, say } from './base/output.ts';
import { createProgram } from './program.ts';

export type CliOptions = Omit<Context, 'onInterrupt' | 'leave'> & Partial<Pick<Context, 'onInterrupt' | 'leave'>>;

/**
 * Runs one command.
 * @param argv the arguments after the program's name.
 * @returns the exit code: 0 all arrived, 1 some did not, 2 wrong use or configuration, 130 interrupted.
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const context: Context = { onInterrupt: onProcessInterrupt, leave: leaveProcess, ...options };
  // A reader that goes away, as `head` does, ends no upload.
  for (const output of [context.stdout, context.stderr]) output.on('error', () => {});
  let code: number = EXIT.done;
  const program = createProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    for (const line of explain(error)) say(context.stderr, line);
    return error instanceof UnavailableError ? EXIT.incomplete : EXIT.usage;
  }
}

function onProcessInterrupt(listener: () => void): () => void {
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener).off('SIGTERM', listener);
  };
}

/** `process.exit` would wait for a read from a disk that hangs. */
function leaveProcess(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/** @throws what nobody foresaw: that is a defect, and its stack is wanted. */
function explain(error: unknown): string[] {
  if (error instanceof DuplicateNamesError) return explainDuplicates(error);
  if (error instanceof RefusedError || error instanceof UnavailableError) {
    return [error.message, ...(error.requestId ? [`(request ${error.requestId})`] : [])];
  }
  const expected = error instanceof UsageError || error instanceof ConfigurationError || error instanceof ProtocolError;
  if (expected) return [error.message];
  throw error instanceof Error ? withPrintableStack(error) : error;
}

/** Node writes the stack of an error that nobody catches as it is, and its message may hold a name. */
function withPrintableStack(error: Error): Error {
  error.stack = error.stack?.replace(error.message, () => printable(error.message));
  return error;
}

const MOST_NAMES = 20;

function explainDuplicates({ duplicates }: DuplicateNamesError): string[] {
  const shown = duplicates
    .slice(0, MOST_NAMES)
    .flatMap(({ name, paths }) => [name, ...paths.map((path) => `  ${path}`)]);
  const more = duplicates.length > MOST_NAMES ? [`… and ${duplicates.length - MOST_NAMES} more names`] : [];
  return [
    'A project can hold a name only once, but these are the names of several different files:',
    ...shown,
    ...more,
    'Nothing was sent. Upload them to different projects, or add --duplicates rename to put the folder before the name.',
  ];
}
