import {
  ConfigurationError,
  DuplicateNamesError,
  ProtocolError,
  RefusedError,
  UnavailableError,
} from '@darkslide/client';
import { UsageError } from './base/context.ts';
import { EXIT, type ExitCode } from './base/exit-codes.ts';
import { printable } from './base/output.ts';

/**
 * What to print for an error of the client, and how the command ends.
 * @throws unexpected errors, so that their stack is shown.
 */
export function explain(error: unknown): { lines: string[]; exitCode: ExitCode } {
  return { lines: linesOf(error), exitCode: error instanceof UnavailableError ? EXIT.incomplete : EXIT.usage };
}

function linesOf(error: unknown): string[] {
  if (error instanceof DuplicateNamesError) return explainDuplicates(error);
  if (error instanceof RefusedError || error instanceof UnavailableError) {
    return [error.message, ...(error.requestId ? [`(request ${error.requestId})`] : [])];
  }
  const expected = error instanceof UsageError || error instanceof ConfigurationError || error instanceof ProtocolError;
  if (expected) return [error.message];
  throw error instanceof Error ? withPrintableStack(error) : error;
}

/** Node prints the stack of an uncaught error unchanged, and its message may contain a file name. */
function withPrintableStack(error: Error): Error {
  error.stack = error.stack?.replace(error.message, () => printable(error.message));
  return error;
}

const MAX_NAMES = 20;

function explainDuplicates({ duplicates }: DuplicateNamesError): string[] {
  const shown = duplicates
    .slice(0, MAX_NAMES)
    .flatMap(({ name, paths }) => [name, ...paths.map((path) => `  ${path}`)]);
  const more = duplicates.length > MAX_NAMES ? [`… and ${duplicates.length - MAX_NAMES} more names`] : [];
  return [
    'File names must be unique in a project, but several different files have these names:',
    ...shown,
    ...more,
    'Nothing was sent. Upload them to different projects, or use --duplicates rename to put the folder before the name.',
  ];
}
