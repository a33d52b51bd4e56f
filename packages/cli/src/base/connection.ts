import { type NodeClientOptions, shownUrl } from '@darkslide/client';
import { type Context, UsageError } from './context.ts';
import type { ConnectionFlags } from './options.ts';
import { say } from './output.ts';

/** The default address of `darkslide serve`. */
const LOCAL_SERVER = 'http://127.0.0.1:8080';

const NO_KEY =
  'There is no API key. Set DARKSLIDE_API_KEY, or use --api-key. `darkslide serve` prints the key on its first run.';

/**
 * The server and the account: from the option, else the environment, else the default.
 * @throws {UsageError} There is no API key.
 */
export function connection(context: Context, flags: ConnectionFlags): NodeClientOptions {
  const { env, defaults } = context;
  const url = flags.url ?? (env.DARKSLIDE_URL || (defaults.url ?? LOCAL_SERVER));
  const apiKey = (flags.apiKey ?? (env.DARKSLIDE_API_KEY || implicitKey(context)?.apiKey))?.trim();
  if (!apiKey) throw new UsageError(noKey(context));
  return { url, apiKey, env };
}

const implicitKey = ({ defaults: { key } }: Context) => (key && 'apiKey' in key ? key : undefined);

/** Why there is no key, and what to do about it. */
export const noKey = ({ defaults: { key } }: Context): string =>
  key && 'problem' in key ? `${key.problem} ${NO_KEY}` : NO_KEY;

/** The source of the key that `connection` returns. */
export function keySource(context: Context, flags: ConnectionFlags): string {
  if (flags.apiKey !== undefined) return 'option';
  if (context.env.DARKSLIDE_API_KEY) return 'DARKSLIDE_API_KEY';
  return implicitKey(context)?.from ?? 'default';
}

/** Prints the server that receives the photos, and the source of the key. */
export function tellKey(context: Context, flags: ConnectionFlags): void {
  const { url } = connection(context, flags);
  say(context.stdout, `To ${shownUrl(url)}, with the API key from ${keySource(context, flags)}.`);
}

/** Prints the source of a key that no option and no variable named. */
export function tellImplicitKey(context: Context, flags: ConnectionFlags): void {
  const named = flags.apiKey !== undefined || context.env.DARKSLIDE_API_KEY;
  if (!named && implicitKey(context)) say(context.stderr, `With the API key from ${keySource(context, flags)}.`);
}
