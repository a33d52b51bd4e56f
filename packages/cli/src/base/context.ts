/** A stream that the command line writes to. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

type Environment = Readonly<Record<string, string | undefined>>;

/** An API key that no option and no variable named, reported when it is used; or why the key found there is not used. */
export type DefaultKey = { apiKey: string; from: string } | { problem: string };

/** What every command works with. */
export type Context = {
  env: Environment;
  stdout: Output;
  stderr: Output;
  /** Used if neither an option nor the environment names a value. */
  defaults: { url?: string | undefined; key?: DefaultKey | undefined };
  version: string;
  /** Calls `listener` at every Ctrl-C (and at SIGTERM), until the returned function is called. */
  onInterrupt: (listener: () => void) => () => void;
  /** Ends the process at once, as a SIGINT without a listener does. */
  leave: () => void;
};

/** Wrong use. The user sees only the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
