import type { Environment } from '../configuration.ts';

/** What a command gets of the process that it runs in. */
export type Context = {
  env: Environment;
  version: string;
  /** Writes a line to standard output. */
  out: (line: string) => void;
  /** Writes a line to standard error. */
  error: (line: string) => void;
  /** Whether standard output is a terminal. */
  terminal: boolean;
};
