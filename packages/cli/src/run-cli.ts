import { CommanderError } from 'commander';
import type { Context } from './base/context.ts';
import { EXIT } from './base/exit-codes.ts';
import { say } from './base/output.ts';
import type { ServerActions } from './base/server-actions.ts';
import { createProgram } from './program.ts';

export type CliOptions = Omit<Context, 'onInterrupt' | 'leave'> &
  Partial<Pick<Context, 'onInterrupt' | 'leave'>> & { server?: ServerActions };

/**
 * Runs one command.
 * @param argv the arguments after the program's name.
 * @returns the exit code: 0 all uploaded, 1 some failed, 2 wrong use or configuration, 130 interrupted.
 */
export async function runCli(argv: readonly string[], { server, ...options }: CliOptions): Promise<number> {
  const context: Context = { onInterrupt: onProcessInterrupt, leave: leaveProcess, ...options };
  // The upload continues after a reader such as `head` has closed the pipe.
  for (const output of [context.stdout, context.stderr]) output.on('error', () => {});
  let code: number = EXIT.done;
  const finish = (result: number) => {
    code = result;
  };
  try {
    await createProgram({ context, server, finish }).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    // Loads the client, whose errors it explains.
    const { explain } = await import('./explain-error.ts');
    const { lines, exitCode } = explain(error);
    for (const line of lines) say(context.stderr, line);
    return exitCode;
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
