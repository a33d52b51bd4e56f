import { type NodeClientOptions, shownUrl } from '@darkslide/client';
import { say } from './output.ts';

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

/** A key from a place that nobody named: told when it is used. Or why what is there is not used. */
export type DefaultKey = { apiKey: string; from: string } | { problem: string };

/** What every command works with. */
export type Context = {
  env: Environment;
  stdout: Output;
  stderr: Output;
  /** Used where neither an option nor the environment says. */
  defaults: { url?: string | undefined; key?: DefaultKey | undefined };
  version: string;
  furtherCommands?: readonly FurtherCommand[];
  /** Calls back at every Ctrl-C (and termination), until the returned function is called. */
  onInterrupt: (listener: () => void) => () => void;
  /** Ends the process as an interrupt does that nobody listens to, whatever is under way. */
  leave: () => void;
};

/** What a command calls with its exit code when it ends. */
export type Finish = (code: number) => void;

/** What `darkslide serve` listens on by default. */
const LOCAL_SERVER = 'http://127.0.0.1:8080';

/** Wrong use: the message is all that the person sees. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const NO_KEY =
  'There is no API key. Set DARKSLIDE_API_KEY, or give it with --api-key; `darkslide serve` prints it on its first run.';

export type ConnectionFlags = { url?: string; apiKey?: string };

/**
 * Which server, and which account: by option, environment, default, in this order.
 * @throws {UsageError} where there is no API key.
 */
export function connection(context: Context, flags: ConnectionFlags): NodeClientOptions {
  const { env, defaults } = context;
  const url = flags.url ?? (env.DARKSLIDE_URL || (defaults.url ?? LOCAL_SERVER));
  const apiKey = (flags.apiKey ?? (env.DARKSLIDE_API_KEY || implicitKey(context)?.apiKey))?.trim();
  if (!apiKey) throw new UsageError(noKey(context));
  return { url, apiKey, env };
}

const implicitKey = ({ defaults: { key } }: Context) => (key && 'apiKey' in key ? key : undefined);

/** Why there is no key, and what to do. */
export const noKey = ({ defaults: { key } }: Context): string =>
  key && 'problem' in key ? `${key.problem} ${NO_KEY}` : NO_KEY;

/** Where the key comes from that `connection` returns. */
export function keySource(context: Context, flags: ConnectionFlags): string {
  if (flags.apiKey !== undefined) return 'option';
  if (context.env.DARKSLIDE_API_KEY) return 'DARKSLIDE_API_KEY';
  return implicitKey(context)?.from ?? 'default';
}

/** Says which server gets the photos, and whose key is used. */
export function tellKey(context: Context, flags: ConnectionFlags): void {
  const { url } = connection(context, flags);
  say(context.stdout, `To ${shownUrl(url)}, with the API key from ${keySource(context, flags)}.`);
}

/** Says that a key is used which nobody named. */
export function tellImplicitKey(context: Context, flags: ConnectionFlags): void {
  const named = flags.apiKey !== undefined || context.env.DARKSLIDE_API_KEY;
  if (!named && implicitKey(context)) say(context.stderr, `With the API key from ${keySource(context, flags)}.`);
}
