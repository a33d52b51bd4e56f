import type { Environment } from '../settings/configuration.ts';

/** What a command gets of the process that it runs in. */
export type Context = {
  env: Environment;
  version: string;
  /** Writes lines to standard output, for people: what a terminal could take for a command is replaced. */
  out: (text: string) => void;
  /** Writes a line to standard output exactly as it is: JSON, or what has colours. */
  raw: (line: string) => void;
  /** Writes lines to standard error, for people. */
  error: (text: string) => void;
  /** Whether standard output is a terminal. */
  terminal: boolean;
};
