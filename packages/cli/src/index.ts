/** The command line: arguments in; bars, lines or JSON out. */
export type { Action } from './base/action.ts';
export type { Context, DefaultKey } from './base/context.ts';
export { printable, say, sayJson } from './base/output.ts';
export type { CreateKeyFlags, DoctorFlags, JsonFlag, ListKeysFlags, ServerActions } from './base/server-actions.ts';
export { table } from './base/table.ts';
export { type CliOptions, runCli } from './run-cli.ts';
