/** The command line: arguments in; bars, lines or JSON out. */
export { type CliOptions, runCli } from './run-cli.ts';
