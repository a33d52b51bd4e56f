/** The command line: arguments in; bars, lines or JSON out. */
export type { DefaultKey, FurtherCommand } from './context.ts';
export { printable } from './output.ts';
export { type CliOptions, runCli } from './run-cli.ts';
