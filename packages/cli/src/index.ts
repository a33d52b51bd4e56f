/** The command line: arguments in; bars, lines or JSON out. */
export type { DefaultKey, FurtherCommand } from './base/context.ts';
export { printable } from './base/output.ts';
export { type CliOptions, runCli } from './run-cli.ts';
