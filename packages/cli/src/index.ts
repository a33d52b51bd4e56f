/** The command line: arguments in; bars, lines or JSON out. */
export type { FurtherCommand } from './context.ts';
export { type CliOptions, runCli } from './run-cli.ts';
