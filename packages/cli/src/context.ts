import type { ClientOptions } from '@darkslide/client';

/** A stream that the command line writes to. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

export type Environment = Readonly<Record<string, string | undefined>>;

/** A command of the same program that is not about uploading: it reads its own arguments. */
export type FurtherCommand = {
  name: string;
  summary: string;
  /** Answers the exit code. */
  run: (args: readonly string[]) => Promise<number>;
};

/** What every command works with. */
export type Context = {
  env: Environment;
  stdout: Output;
  stderr: Output;
  /** Used where neither an option nor the environment says. */
  defaults: { url?: string | undefined; apiKey?: string | undefined };
  version: string;
  furtherCommands?: readonly FurtherCommand[];
  /** Calls back at every Ctrl-C (and termination), until the returned function is called. */
  onInterrupt: (listener: () => void) => () => void;
  /** Ends the process as an interrupt does that nobody listens to, whatever is under way. */
  leave: () => void;
};

/** What `darkslide serve` listens on by default. */
const LOCAL_SERVER = 'http://127.0.0.1:8080';

/** Wrong use: the message is all that the person sees. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const NO_KEY =
  'There is no API key. Set DARKSLIDE_API_KEY, or give it with --api-key; `darkslide serve` prints it on its first run.';

export type ConnectionFlags = { url?: string; apiKey?: string };

/**
 * Which server, and which account: by option, environment, default, in this order.
 * @throws {UsageError} where there is no API key.
 */
export function connection({ env, defaults }: Context, flags: ConnectionFlags): ClientOptions {
  const url = flags.url ?? (env.DARKSLIDE_URL || (defaults.url ?? LOCAL_SERVER));
  const apiKey = (flags.apiKey ?? (env.DARKSLIDE_API_KEY || defaults.apiKey))?.trim();
  if (!apiKey) {
    throw new UsageError(NO_KEY);
  }
  return { url, apiKey };
}
